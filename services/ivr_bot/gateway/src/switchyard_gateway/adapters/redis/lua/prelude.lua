-- Shared by every script: this file and one of the others make one script. keys.py describes the keys.
-- ARGV: bell channel, conversation id, TTL in ms, most entries kept, then the script's own.
-- A script checks everything before it writes anything.
local CONVERSATION, LOG, KNOWN, TURNS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local BELL, ID, KEEP_MS, MOST = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function whole(number) return string.format('%.0f', number) end

local function ring(whisper) redis.call('PUBLISH', BELL, ID .. ' ' .. whisper) end

local function get(...) return redis.call('HMGET', CONVERSATION, ...) end

local function known_name(role, message_id) return role .. ':' .. message_id end

local function entry_at(position) return redis.call('XRANGE', LOG, position, position)[1] end

-- Returns the position, and whether the message had been stored before.
local function say(message)
  local name = known_name(message.role, message.message_id)
  local stored = redis.call('HGET', KNOWN, name)
  if stored then return stored, true end
  local position = redis.call('XADD', LOG, '*', 'kind', 'message', 'role', message.role,
    'message_id', message.message_id, 'text', message.text, 'agent', message.agent, 'notice', message.notice)
  redis.call('HSET', KNOWN, name, position)
  return position, false
end

local function forget_oldest()
  local excess = redis.call('XLEN', LOG) - MOST
  if excess <= 0 then return end
  for _, entry in ipairs(redis.call('XRANGE', LOG, '-', '+', 'COUNT', excess)) do
    local values = entry[2]
    if values[2] == 'message' then redis.call('HDEL', KNOWN, known_name(values[4], values[6])) end
    redis.call('XDEL', LOG, entry[1])
  end
end

-- Ends every step that wrote something.
local function done()
  redis.call('HSET', CONVERSATION, 'updated_ms', whole(now))
  forget_oldest()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, KEEP_MS) end
  ring('')
end

local function snapshot() return redis.call('HGETALL', CONVERSATION) end
