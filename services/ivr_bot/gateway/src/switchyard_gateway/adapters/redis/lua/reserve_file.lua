-- Counts a file among all that are kept, if there is room. Keys: ends (sorted set), sizes (hash).
-- Args: the file, its bytes, most bytes of all, TTL in ms. The same file again changes nothing.
local ENDS, SIZES = KEYS[1], KEYS[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local TOTAL = 'total'

local function release(file)
  local bytes = redis.call('HGET', SIZES, file)
  if bytes then redis.call('HINCRBY', SIZES, TOTAL, -bytes) end
  redis.call('HDEL', SIZES, file)
  redis.call('ZREM', ENDS, file)
end

for _, file in ipairs(redis.call('ZRANGEBYSCORE', ENDS, '-inf', now, 'LIMIT', 0, 1000)) do release(file) end
if redis.call('HEXISTS', SIZES, ARGV[1]) == 1 then return 1 end
local total = tonumber(redis.call('HGET', SIZES, TOTAL)) or 0
if total + tonumber(ARGV[2]) > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', SIZES, ARGV[1], ARGV[2])
redis.call('HINCRBY', SIZES, TOTAL, ARGV[2])
redis.call('ZADD', ENDS, now + tonumber(ARGV[4]), ARGV[1])
redis.call('PEXPIRE', SIZES, ARGV[4])
redis.call('PEXPIRE', ENDS, ARGV[4])
return 1
