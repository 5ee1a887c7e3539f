-- Ends a recording, if it is one.
--
-- KEYS: the recording; the recordings of all. ARGV: its name.

local of_the_person = redis.call('GET', KEYS[1])
if of_the_person then
    redis.call('ZREM', of_the_person, ARGV[1])
    redis.call('DEL', KEYS[1])
end
redis.call('ZREM', KEYS[2], ARGV[1])
return 0
