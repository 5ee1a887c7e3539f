-- Ends a recording, if it is one; or takes back what was counted for a renewal, if nobody got its token.
--
-- KEYS: the lease; the recordings of all; tokens and seconds of all by day; the lease that was to be renewed,
-- or again the first; the session, which keeps its cost if it was over before its token came.
-- ARGV: its name; why: 'ended', 'abandoned' or 'failed'; how many tokens the person and all may have by
-- day, and how many seconds, 0 for no limit; how many seconds the shortest session costs; for how many
-- milliseconds a request for it may still be under way.

local name, why = ARGV[1], ARGV[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local since, recordings, day, hours, cap, session =
    unpack(redis.call('HMGET', KEYS[1], 'since', 'recordings', 'day', 'hours', 'cap', 'session'))
redis.call('DEL', KEYS[1])
if why ~= 'ended' then
    -- The request that would count it may be on a connection that Redis reads later than this one.
    redis.call('HSET', KEYS[1], 'given_up', 1)
    redis.call('PEXPIRE', KEYS[1], ARGV[8])
end

-- How many seconds are given back.
local back
if since then
    redis.call('ZREM', recordings, name)
    redis.call('ZREM', KEYS[2], name)
    -- What did not pass by this clock: all of it, if nobody got the token.
    back = tonumber(cap)
    if why == 'ended' then
        local passed = math.ceil((now - since) / 1000000)
        back = math.max(back - math.max(passed, tonumber(ARGV[7])), 0)
        -- There may be no token for its last session yet, and then its cost is given back too.
        local cost = tonumber(cap) - back
        if session and cost > 0 then
            redis.call('HSET', session, 'day', day, 'hours', hours, 'cost', cost)
            redis.call('PEXPIRE', session, ARGV[8])
        end
    end
elseif why ~= 'ended' and redis.call('HGET', KEYS[5], 'session') == KEYS[6] then
    -- The lease stays, so that it can be renewed again.
    day, hours, back = unpack(redis.call('HMGET', KEYS[5], 'day', 'hours', 'cap'))
    redis.call('HDEL', KEYS[5], 'session')
    redis.call('HSET', KEYS[5], 'cap', 0)
elseif why ~= 'ended' then
    day, hours, back = unpack(redis.call('HMGET', KEYS[6], 'day', 'hours', 'cost'))
    redis.call('DEL', KEYS[6])
end
if not back then
    return 0
end

-- Takes back what was counted `weight` times in a period: the key holds a moment, which comes sooner.
local function give_back(key, count, period, weight)
    local at = redis.call('GET', key)
    if count == 0 or not at then
        return
    end
    local sooner = at - math.floor(period * weight / count)
    if sooner > now then
        local lasts_ms = math.ceil((sooner - now) / 1000)
        redis.call('SET', key, string.format('%.0f', sooner), 'PX', string.format('%.0f', lasts_ms))
    else
        redis.call('DEL', key)
    end
end

give_back(hours, tonumber(ARGV[5]), 86400000000, tonumber(back))
give_back(KEYS[4], tonumber(ARGV[6]), 86400000000, tonumber(back))

if why == 'failed' then
    give_back(day, tonumber(ARGV[3]), 86400000000, 1)
    give_back(KEYS[3], tonumber(ARGV[4]), 86400000000, 1)
end
return 0
