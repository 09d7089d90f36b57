-- Shared by every script: this file and one of the others make one script. keys.py describes the keys.
-- ARGV: bell channel, conversation id, TTL in ms, most entries kept, most events kept, ms until somebody looks whether
-- the customer is still there, ms that whole texts of masked messages are kept, then the script's own, which are A.
-- A script checks everything before it writes anything.
local CONVERSATION, LOG, KNOWN, TURNS, EVENTS, TIMERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local HUSHED = KEYS[7]
local BELL, ID, KEEP_MS, MOST = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local A = {}
for i = 8, #ARGV do A[i - 7] = ARGV[i] end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function whole(number) return string.format('%.0f', number) end

local function ring(whisper) redis.call('PUBLISH', BELL, ID .. ' ' .. whisper) end

local function get(...) return redis.call('HMGET', CONVERSATION, ...) end

local function known_name(role, message_id) return role .. ':' .. message_id end

local function entry_at(position) return redis.call('XRANGE', LOG, position, position)[1] end

-- Returns the position. Only a customer's messages are numbered. The log keeps no secrets: what is left out of it is
-- kept apart for who needs it, if `needed`.
local function say(message, number, secrecy, needed)
  local name = known_name(message.role, message.message_id)
  local stored = redis.call('HGET', KNOWN, name)
  if stored then return stored end
  local kept = message.text
  if type(message.kept) == 'table' then kept = message.kept[secrecy] end
  local position = redis.call('XADD', LOG, '*', 'kind', 'message', 'role', message.role,
    'message_id', message.message_id, 'text', kept, 'agent', message.agent, 'notice', message.notice,
    'extras', message.extras, 'number', number or '')
  redis.call('HSET', KNOWN, name, position)
  if needed and kept ~= message.text then
    redis.call('HSET', HUSHED, position, message.text)
    redis.call('PEXPIRE', HUSHED, ARGV[7])
  end
  return position
end

-- A message of the log with its whole text, as long as that is known.
local function whole_entry(position)
  local entry = entry_at(position)
  local text = entry and redis.call('HGET', HUSHED, position)
  if text then
    for i = 1, #entry[2], 2 do
      if entry[2][i] == 'text' then entry[2][i + 1] = text end
    end
  end
  return entry
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

-- The same form as the router's events. `data` is JSON text, into which a measure is put.
local function emit(event)
  local data = event.data
  if event.measures ~= '' then
    local passed = math.max(0, now - tonumber(event.since_ms))
    data = string.format('%s,"%s":%s}', string.sub(data, 1, -2), event.measures, whole(passed))
  end
  local sequence = redis.call('HINCRBY', CONVERSATION, 'events', 1)
  redis.call('XADD', EVENTS, 'MAXLEN', '~', ARGV[5], '*', 'source', 'bot', 'type', event.type, 'subject', ID,
    'time', whole(now), 'seq', sequence, 'data', data)
end

-- Ends every step that wrote something.
local function done(over)
  redis.call('HSET', CONVERSATION, 'updated_ms', whole(now))
  forget_oldest()
  for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], KEEP_MS) end
  if over then
    redis.call('ZREM', TIMERS, ID)
  else
    redis.call('ZADD', TIMERS, whole(now + ARGV[6]), ID)
  end
  ring('')
end

local function snapshot() return redis.call('HGETALL', CONVERSATION) end
