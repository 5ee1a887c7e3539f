-- Ends a recording, if it exists; or undoes a renewal whose token was not handed out.
--
-- KEYS: the lease; the recordings of all; tokens a day of all; seconds a day of all; the lease to
-- renew, or the first key again; the session, which keeps its cost if it ended before its request
-- for a token did.
-- ARGV: the id; the reason: 'ended', 'abandoned' or 'failed'; the maximum number of tokens a day of
-- the person, and of all; the maximum number of seconds a day of the person, and of all; 0 means no
-- limit; the minimum cost of a session in seconds; for how many milliseconds a request for the id
-- may still be in flight.

local id, reason = ARGV[1], ARGV[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local since, recordings, day, hours, cap, session =
    unpack(redis.call('HMGET', KEYS[1], 'since', 'recordings', 'day', 'hours', 'cap', 'session'))
redis.call('DEL', KEYS[1])
if reason ~= 'ended' then
    -- The call to take.lua may be on a connection that Redis reads later than this one.
    redis.call('HSET', KEYS[1], 'given_up', 1)
    redis.call('PEXPIRE', KEYS[1], ARGV[8])
end

-- The seconds to refund.
local refund
if since then
    redis.call('ZREM', recordings, id)
    redis.call('ZREM', KEYS[2], id)
    -- Without a token, all seconds are refunded. Otherwise those that have not passed.
    refund = tonumber(cap)
    if reason == 'ended' then
        local passed = math.ceil((now - since) / 1000000)
        refund = math.max(refund - math.max(passed, tonumber(ARGV[7])), 0)
        -- The request for the last session's token may still be in flight. If it fails, this cost
        -- is refunded too.
        local cost = tonumber(cap) - refund
        if session and cost > 0 then
            redis.call('HSET', session, 'day', day, 'hours', hours, 'cost', cost)
            redis.call('PEXPIRE', session, ARGV[8])
        end
    end
elseif reason ~= 'ended' and redis.call('HGET', KEYS[5], 'session') == KEYS[6] then
    -- The lease stays, so that it can be renewed again.
    day, hours, refund = unpack(redis.call('HMGET', KEYS[5], 'day', 'hours', 'cap'))
    redis.call('HDEL', KEYS[5], 'session')
    redis.call('HSET', KEYS[5], 'cap', 0)
elseif reason ~= 'ended' then
    day, hours, refund = unpack(redis.call('HMGET', KEYS[6], 'day', 'hours', 'cost'))
    redis.call('DEL', KEYS[6])
end
if not refund then
    return 0
end

-- Refunds `units` of a limit of `count` in a period. The key holds the time at which the full limit
-- is available again; a refund makes it earlier.
local function refund_units(key, count, period, units)
    local full_at = redis.call('GET', key)
    if count == 0 or not full_at then
        return
    end
    full_at = full_at - math.floor(period * units / count)
    if full_at > now then
        local key_ms = math.ceil((full_at - now) / 1000)
        redis.call('SET', key, string.format('%.0f', full_at), 'PX', string.format('%.0f', key_ms))
    else
        redis.call('DEL', key)
    end
end

refund_units(hours, tonumber(ARGV[5]), 86400000000, tonumber(refund))
refund_units(KEYS[4], tonumber(ARGV[6]), 86400000000, tonumber(refund))

if reason == 'failed' then
    refund_units(day, tonumber(ARGV[3]), 86400000000, 1)
    refund_units(KEYS[3], tonumber(ARGV[4]), 86400000000, 1)
end
return 0
