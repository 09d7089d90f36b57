-- Files of this folder, as many as a script needs, and then its own make one script. TRANSITIONS (the states that follow
-- each, between spaces) and WHOLE (the channels that take a whole agent) are put in front, rendered from
-- domain/states.py. All of it runs at each call: what is not needed costs time. KEYS[1] is the key prefix
-- with the tenant's hash tag, so that all keys live in one slot.
-- ARGV: now in ms (0: the server's clock), most events kept, request key, hash of the request, who asks, then the
-- script's own. A script checks everything before it writes anything: an error after a write would leave half a step.
local P = KEYS[1]
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local KEEP_MS = 24 * 3600 * 1000
local request_key = ARGV[3]
if request_key ~= '' then
  local known = redis.call('HMGET', P .. 'request:' .. request_key, 'hash', 'ref')
  if known[1] then
    if known[1] ~= ARGV[4] then return {'REQUEST_ID_REUSED'} end
    return {'REPLAYED', known[2]}
  end
end
local ACTOR = ARGV[5]
local A = {}
for i = 6, #ARGV do A[i - 5] = ARGV[i] end

local function remember(ref)
  if request_key == '' then return end
  redis.call('HSET', P .. 'request:' .. request_key, 'hash', ARGV[4], 'ref', ref)
  redis.call('PEXPIRE', P .. 'request:' .. request_key, KEEP_MS)
end

local function digits(number) return string.format('%.0f', number) end

local function emit(kind, subject, seq, data)
  local entry = {'source', 'router', 'type', kind, 'subject', subject, 'time', digits(now), 'seq', seq,
    'data', cjson.encode(data)}
  if ACTOR ~= '' then
    entry[13] = 'actor'
    entry[14] = ACTOR
  end
  redis.call('XADD', P .. 'events', 'MAXLEN', '~', ARGV[2], '*', unpack(entry))
end

local function fields(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

-- The named fields of a hash; those that are not there are ''.
local function some_fields(key, names)
  local values, map = redis.call('HMGET', key, unpack(names)), {}
  for i, name in ipairs(names) do map[name] = values[i] or '' end
  return map
end

local function set(thing, name, value)
  if type(value) == 'number' then value = digits(value) end
  thing.f[name] = value
  thing.dirty[name] = value
end

local function num(thing, name) return tonumber(thing.f[name] or '0') or 0 end

-- The next fence or epoch after `last`. No less than the time, so that it is new even where acknowledged writes were
-- lost and `last` with them: what was given before is older. The router lets no writer begin whose clock is behind.
local function rising(last) return math.max(last + 1, now) end

-- What set() changed, written at once.
local function write(key, thing)
  local args = {}
  for name, value in pairs(thing.dirty) do
    args[#args + 1] = name
    args[#args + 1] = value
  end
  if #args > 0 then redis.call('HSET', key, unpack(args)) end
  thing.dirty = {}
end

local function arm(timer, due) redis.call('ZADD', P .. 'timers', digits(due), timer) end
local function disarm(timer) redis.call('ZREM', P .. 'timers', timer) end

local function queue_ms(queue, name) return tonumber(redis.call('HGET', P .. 'queue:' .. queue, name) or '0') or 0 end
local function count(queue, name, by) redis.call('HINCRBY', P .. 'stats:' .. queue, name, digits(by)) end

-- Leases do not run while nobody can renew them: after an outage everybody gets the length of one lease to be heard.
local function forgiven_until() return tonumber(redis.call('GET', P .. 'forgiven_until') or '0') end
