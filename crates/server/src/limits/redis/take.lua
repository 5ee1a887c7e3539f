-- Counts one token, and one recording unless one is renewed; or nothing at all if any limit is reached.
--
-- KEYS: tokens of the person by minute and by day, of all by minute and by day; seconds of the person and
-- of all by day; recordings of the person and of all; the lease that is opened; the lease to be renewed, or
-- again the first; the session, which keeps its cost if it is over before its token came.
-- ARGV: how many each of the first eight may have, 0 for no limit; how many seconds the session may
-- last; for how many milliseconds it counts while nobody confirms it, and for how many its lease is kept;
-- its name; the milliseconds after which to ask again for one; the name of the lease to be renewed; how
-- many seconds the shortest session costs.
--
-- Returns which key's limit is reached, or 0; for how many milliseconds; and 1 if a lease was renewed.
--
-- Time is Redis's own, in microseconds: clocks of replicas may differ. For tokens and seconds it is the
-- generic cell rate algorithm, as in memory: a key holds the moment at which all of it is forgotten.

local day = 86400000000
local periods = { 60000000, day, 60000000, day, day, day }
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local cap = tonumber(ARGV[9])
local weights = { 1, 1, 1, 1, cap, cap }
local unconfirmed_ms, lasts_ms, name = tonumber(ARGV[10]), tonumber(ARGV[11]), ARGV[12]

-- Lua's own way to write a number keeps fourteen digits of the sixteen.
local function whole(number)
    return string.format('%.0f', number)
end

-- The server gave this request up before Redis came to it: see end.lua.
if redis.call('HEXISTS', KEYS[9], 'given_up') == 1 then
    return { 0, 0, 0 }
end

-- Whoever else asks for it does not hold it, and then it is unknown.
local since, recordings, charged, session =
    unpack(redis.call('HMGET', KEYS[10], 'since', 'recordings', 'cap', 'session'))
local is_renewed = since and recordings == KEYS[7]

-- A renewal costs the hours that ending the session before and opening another would.
local back = { 0, 0, 0, 0, 0, 0 }
if is_renewed then
    name = ARGV[14]
    charged = tonumber(charged)
    local passed = math.ceil((now - since) / 1000000)
    local unused = math.max(charged - math.max(passed, tonumber(ARGV[15])), 0)
    back[5], back[6] = unused, unused
end

local hit, wait = 0, 0
local forgotten_at = {}

for i = 1, 6 do
    local count = tonumber(ARGV[i])
    if count > 0 then
        local cost = math.floor(periods[i] * weights[i] / count)
        local counted = tonumber(redis.call('GET', KEYS[i]) or 0)
        local at = math.max(counted - math.floor(periods[i] * back[i] / count), now)
        local until_room = at + cost - math.floor(cost * count / weights[i]) - now
        if until_room <= 0 then
            forgotten_at[i] = at + cost
        elseif until_room > wait then
            hit, wait = i, until_room
        end
    end
end

for i = 7, 8 do
    local count = tonumber(ARGV[i])
    if count > 0 then
        redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', whole(now))
        local again = tonumber(ARGV[13]) * 1000
        local is_counted = is_renewed and redis.call('ZSCORE', KEYS[i], name)
        if not is_counted and redis.call('ZCARD', KEYS[i]) >= count and again > wait then
            hit, wait = i, again
        end
    end
end

if hit > 0 then
    return { hit, math.ceil(wait / 1000), 0 }
end

for i, at in pairs(forgotten_at) do
    redis.call('SET', KEYS[i], whole(at), 'PX', whole(math.ceil((at - now) / 1000)))
end
for i = 7, 8 do
    if tonumber(ARGV[i]) > 0 then
        -- A session that was confirmed before it was renewed may be on, and counts for longer.
        redis.call('ZADD', KEYS[i], 'GT', whole(now + unconfirmed_ms * 1000), name)
        -- Confirmed recordings beside it last longer.
        if redis.call('PTTL', KEYS[i]) < unconfirmed_ms then
            redis.call('PEXPIRE', KEYS[i], whole(unconfirmed_ms))
        end
    end
end

if not is_renewed then
    redis.call('HSET', KEYS[9], 'since', whole(now), 'recordings', KEYS[7], 'day', KEYS[2],
        'hours', KEYS[5], 'cap', cap)
    redis.call('PEXPIRE', KEYS[9], whole(lasts_ms))
    return { 0, 0, 0 }
end

-- There may be no token for the session before yet, and then its cost is given back.
if session and charged > 0 then
    redis.call('HSET', session, 'day', KEYS[2], 'hours', KEYS[5], 'cost', charged - back[5])
    redis.call('PEXPIRE', session, whole(unconfirmed_ms))
end
redis.call('HSET', KEYS[10], 'since', whole(now), 'cap', cap, 'session', KEYS[11])
redis.call('HDEL', KEYS[10], 'confirmed')
redis.call('PEXPIRE', KEYS[10], whole(lasts_ms))
return { 0, 0, 1 }
