-- Confirms that a recording's session began: the recording counts until that session must be over.
--
-- KEYS: the lease; the recordings of all.
-- ARGV: the lease's id; the maximum number of recordings of a person, and of all; 0 if they are not
-- counted.
--
-- Returns 0 if there is no such lease, 1 for the first confirmation, 2 for a later one.

local since_and_key = redis.call('HMGET', KEYS[1], 'since', 'recordings')
if not since_and_key[1] then
    return 0
end
if redis.call('HSETNX', KEYS[1], 'confirmed', 1) == 0 then
    return 2
end

-- The lease is kept until no session of its token can still be open.
local lease_ms = redis.call('PTTL', KEYS[1])
local clock = redis.call('TIME')
local over_at = clock[1] * 1000000 + clock[2] + lease_ms * 1000
for i, key in ipairs({ since_and_key[2], KEYS[2] }) do
    if tonumber(ARGV[i + 1]) > 0 then
        redis.call('ZADD', key, string.format('%.0f', over_at), ARGV[1])
        if redis.call('PTTL', key) < lease_ms then
            redis.call('PEXPIRE', key, lease_ms)
        end
    end
end
return 1
