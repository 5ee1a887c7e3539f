-- Takes back one token of the day.
--
-- KEYS: tokens of the person by day, of all by day. ARGV: how many each may have, 0 for no limit.

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

for i = 1, 2 do
    local count, at = tonumber(ARGV[i]), redis.call('GET', KEYS[i])
    if count > 0 and at then
        local sooner = at - math.floor(86400000000 / count)
        if sooner > now then
            local lasts = math.ceil((sooner - now) / 1000)
            redis.call('SET', KEYS[i], string.format('%.0f', sooner), 'PX', string.format('%.0f', lasts))
        else
            redis.call('DEL', KEYS[i])
        end
    end
end
return 0
