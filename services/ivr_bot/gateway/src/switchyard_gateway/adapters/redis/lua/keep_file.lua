-- Stores one file of a conversation, unless it is stored already. Keys: the conversation's files (set), the file (hash).
-- Args: its id, most files a conversation, TTL in ms, name, type, content.
local FILES, FILE = KEYS[1], KEYS[2]
if redis.call('EXISTS', FILE) == 1 then return 1 end
if redis.call('SISMEMBER', FILES, ARGV[1]) == 0 then
  if redis.call('SCARD', FILES) >= tonumber(ARGV[2]) then return 0 end
  redis.call('SADD', FILES, ARGV[1])
end
redis.call('HSET', FILE, 'name', ARGV[4], 'type', ARGV[5], 'content', ARGV[6])
redis.call('PEXPIRE', FILE, ARGV[3])
redis.call('PEXPIRE', FILES, ARGV[3])
return 1
