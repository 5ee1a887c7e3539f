-- Counts one token, and one recording unless one is renewed. Counts nothing if a limit is reached.
--
-- KEYS:
--  1-4   tokens of the person a minute, of the person a day, of all a minute, of all a day
--  5-6   seconds a day of the person, and of all
--  7-8   recordings of the person, and of all
--  9     the lease to open
--  10    the lease to renew, or the lease to open again
--  11    the session, which keeps its cost if it ends before its request for a token does
-- ARGV:
--  1-8   the maximum for each of the first eight keys; 0 means no limit
--  9     the longest session, in seconds
--  10    for how many milliseconds an unconfirmed recording counts
--  11    for how many milliseconds the lease is kept
--  12    the id of the lease to open
--  13    the time after which to retry if a limit of recordings is reached, in milliseconds
--  14    the id of the lease to renew
--  15    the minimum cost of a session, in seconds
--
-- Returns the index of the key whose limit is reached, or 0; the time to wait in milliseconds; and
-- 1 if a lease was renewed.
--
-- All times are by the clock of Redis, in microseconds, because the clocks of replicas may differ.
-- Tokens and seconds are limited by the generic cell rate algorithm, as in memory: the key holds
-- the time at which the full limit is available again.

local day = 86400000000
local periods = { 60000000, day, 60000000, day, day, day }
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local cap = tonumber(ARGV[9])
local units = { 1, 1, 1, 1, cap, cap }
local unconfirmed_ms, lease_ms, id = tonumber(ARGV[10]), tonumber(ARGV[11]), ARGV[12]

-- `tostring` would keep only fourteen of the sixteen digits.
local function integer(number)
    return string.format('%.0f', number)
end

-- The server cancelled this request before Redis read it: see end.lua.
if redis.call('HEXISTS', KEYS[9], 'given_up') == 1 then
    return { 0, 0, 0 }
end

-- A lease of another source is treated as unknown.
local since, recordings, charged, session =
    unpack(redis.call('HMGET', KEYS[10], 'since', 'recordings', 'cap', 'session'))
local is_renewed = since and recordings == KEYS[7]

-- A renewal costs the same hours as ending the previous session and opening another one.
local refunds = { 0, 0, 0, 0, 0, 0 }
if is_renewed then
    id = ARGV[14]
    charged = tonumber(charged)
    local passed = math.ceil((now - since) / 1000000)
    local unused = math.max(charged - math.max(passed, tonumber(ARGV[15])), 0)
    refunds[5], refunds[6] = unused, unused
end

local hit, wait = 0, 0
local full_at = {}

for i = 1, 6 do
    local count = tonumber(ARGV[i])
    if count > 0 then
        local cost = math.floor(periods[i] * units[i] / count)
        local counted = tonumber(redis.call('GET', KEYS[i]) or 0)
        local at = math.max(counted - math.floor(periods[i] * refunds[i] / count), now)
        local time_to_wait = at + cost - math.floor(cost * count / units[i]) - now
        if time_to_wait <= 0 then
            full_at[i] = at + cost
        elseif time_to_wait > wait then
            hit, wait = i, time_to_wait
        end
    end
end

for i = 7, 8 do
    local count = tonumber(ARGV[i])
    if count > 0 then
        redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', integer(now))
        local retry_after = tonumber(ARGV[13]) * 1000
        local is_counted = is_renewed and redis.call('ZSCORE', KEYS[i], id)
        if not is_counted and redis.call('ZCARD', KEYS[i]) >= count and retry_after > wait then
            hit, wait = i, retry_after
        end
    end
end

if hit > 0 then
    return { hit, math.ceil(wait / 1000), 0 }
end

for i, at in pairs(full_at) do
    redis.call('SET', KEYS[i], integer(at), 'PX', integer(math.ceil((at - now) / 1000)))
end
for i = 7, 8 do
    if tonumber(ARGV[i]) > 0 then
        -- 'GT' never shortens the time: a session confirmed before the renewal may still be open.
        redis.call('ZADD', KEYS[i], 'GT', integer(now + unconfirmed_ms * 1000), id)
        -- Other recordings under this key may be confirmed, and then last longer.
        if redis.call('PTTL', KEYS[i]) < unconfirmed_ms then
            redis.call('PEXPIRE', KEYS[i], integer(unconfirmed_ms))
        end
    end
end

if not is_renewed then
    redis.call('HSET', KEYS[9], 'since', integer(now), 'recordings', KEYS[7], 'day', KEYS[2],
        'hours', KEYS[5], 'cap', cap)
    redis.call('PEXPIRE', KEYS[9], integer(lease_ms))
    return { 0, 0, 0 }
end

-- The request for the previous session's token may still be in flight. If it fails, this cost is
-- refunded.
if session and charged > 0 then
    redis.call('HSET', session, 'day', KEYS[2], 'hours', KEYS[5], 'cost', charged - refunds[5])
    redis.call('PEXPIRE', session, integer(unconfirmed_ms))
end
redis.call('HSET', KEYS[10], 'since', integer(now), 'cap', cap, 'session', KEYS[11])
redis.call('HDEL', KEYS[10], 'confirmed')
redis.call('PEXPIRE', KEYS[10], integer(lease_ms))
return { 0, 0, 1 }
