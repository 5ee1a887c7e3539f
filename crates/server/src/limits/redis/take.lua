-- Counts one token and one recording, or nothing at all if any limit is reached.
--
-- KEYS: tokens of the person by minute and by day, of all by minute and by day; seconds of the person and
-- of all by day; recordings of the person and of all; the lease.
-- ARGV: how many each of the first eight may have, 0 for no limit; how many seconds the recording may
-- last; for how many milliseconds it counts while nobody confirms it, and for how many its lease is kept;
-- its name; the milliseconds after which to ask again for one.
--
-- Returns which key's limit is reached, or 0, and for how many milliseconds.
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
    return { 0, 0 }
end

local hit, wait = 0, 0
local forgotten_at = {}

for i = 1, 6 do
    local count = tonumber(ARGV[i])
    if count > 0 then
        local cost = math.floor(periods[i] * weights[i] / count)
        local at = math.max(tonumber(redis.call('GET', KEYS[i]) or 0), now)
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
        if redis.call('ZCARD', KEYS[i]) >= count and again > wait then
            hit, wait = i, again
        end
    end
end

if hit > 0 then
    return { hit, math.ceil(wait / 1000) }
end

for i, at in pairs(forgotten_at) do
    redis.call('SET', KEYS[i], whole(at), 'PX', whole(math.ceil((at - now) / 1000)))
end
for i = 7, 8 do
    if tonumber(ARGV[i]) > 0 then
        redis.call('ZADD', KEYS[i], whole(now + unconfirmed_ms * 1000), name)
        -- Confirmed recordings beside it last longer.
        if redis.call('PTTL', KEYS[i]) < unconfirmed_ms then
            redis.call('PEXPIRE', KEYS[i], whole(unconfirmed_ms))
        end
    end
end
redis.call('HSET', KEYS[9], 'since', whole(now), 'recordings', KEYS[7], 'day', KEYS[2],
    'hours', KEYS[5], 'cap', cap)
redis.call('PEXPIRE', KEYS[9], whole(lasts_ms))
return { 0, 0 }
