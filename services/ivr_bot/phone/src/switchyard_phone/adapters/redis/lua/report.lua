-- KEYS: the conversation's sequence, the stream, and for what is reported once the hash that says so.
-- ARGV: type, conversation, data as JSON, most events kept, TTL of the other keys in seconds.
if KEYS[3] then
  if redis.call('HSETNX', KEYS[3], 'answered', '1') == 0 then return 0 end
  redis.call('EXPIRE', KEYS[3], ARGV[5])
end
local sequence = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[5])
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'source', 'bot', 'type', ARGV[1], 'subject', ARGV[2],
  'time', now, 'seq', sequence, 'data', ARGV[3])
return 1
