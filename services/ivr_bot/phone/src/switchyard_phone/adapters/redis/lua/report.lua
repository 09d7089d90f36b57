-- KEYS: the survey of the contact (or the conversation's, where there was no agent), the conversation's sequence, the
-- stream. ARGV: conversation, data as JSON, most events kept, TTL of the other keys in seconds.
-- One report for each survey, however often it is sent.
if redis.call('HSETNX', KEYS[1], 'answered', '1') == 0 then return 0 end
redis.call('EXPIRE', KEYS[1], ARGV[4])
local sequence = redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], ARGV[4])
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', 'source', 'bot', 'type', 'survey.answered', 'subject', ARGV[1],
  'time', now, 'seq', sequence, 'data', ARGV[2])
return 1
