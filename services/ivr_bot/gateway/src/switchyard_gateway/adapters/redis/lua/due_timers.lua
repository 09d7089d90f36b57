-- Keys: timers. Args: most that are wanted, ms until others may have them. Returns ids, and how many timers run.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), id) end
return {due, redis.call('ZCARD', KEYS[1])}
