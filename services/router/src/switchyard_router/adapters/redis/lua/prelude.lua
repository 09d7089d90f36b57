-- Shared by every script: this file, then one of the others, make one script. TRANSITIONS is put in front of it, rendered
-- from domain/states.py. KEYS[1] is the key prefix with the tenant's hash tag, so that all keys live in one slot.
-- ARGV: now in ms (0: the server's clock), most events kept, request key, hash of the request, then the script's own.
-- A script checks everything before it writes anything: an error after a write would leave half a step behind.
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
local A = {}
for i = 5, #ARGV do A[i - 4] = ARGV[i] end

local function remember(ref)
  if request_key == '' then return end
  redis.call('HSET', P .. 'request:' .. request_key, 'hash', ARGV[4], 'ref', ref)
  redis.call('PEXPIRE', P .. 'request:' .. request_key, KEEP_MS)
end

local function emit(kind, subject, seq, data)
  redis.call('XADD', P .. 'events', 'MAXLEN', '~', ARGV[2], '*', 'source', 'router', 'type', kind,
    'subject', subject, 'time', string.format('%.0f', now), 'seq', seq, 'data', cjson.encode(data))
end

local function fields(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

local function arm(timer, due) redis.call('ZADD', P .. 'timers', string.format('%.0f', due), timer) end
local function disarm(timer) redis.call('ZREM', P .. 'timers', timer) end

local function queue_ms(queue, name) return tonumber(redis.call('HGET', P .. 'queue:' .. queue, name) or '0') or 0 end

-- Contacts: a table of the hash's fields; set() remembers what to write, save() writes it once. ----------------------
local function contact(id)
  local map = fields(redis.call('HGETALL', P .. 'contact:' .. id))
  if not map.state then return nil end
  return {id = id, f = map, dirty = {}}
end

local function set(thing, name, value)
  if type(value) == 'number' then value = string.format('%.0f', value) end
  thing.f[name] = value
  thing.dirty[name] = value
end

local function num(thing, name) return tonumber(thing.f[name] or '0') or 0 end

local function write(key, thing)
  local args = {}
  for name, value in pairs(thing.dirty) do
    args[#args + 1] = name
    args[#args + 1] = value
  end
  if #args > 0 then redis.call('HSET', key, unpack(args)) end
  thing.dirty = {}
end

local function save(c) write(P .. 'contact:' .. c.id, c) end

-- Every event of a contact takes the next version: whoever reads the log sees a gap where one is missing.
local function emit_of(c, kind, data)
  set(c, 'version', num(c, 'version') + 1)
  emit(kind, c.id, c.f.version, data)
end

local function contact_event(c, kind, previous, previous_ms)
  emit_of(c, kind, {
    state = c.f.state, previous_state = previous, reason = c.f.reason, queue = c.f.queue, channel = c.f.channel,
    language = c.f.language, agent = c.f.agent, offer = c.f.offer, fence = num(c, 'fence'),
    order_ms = num(c, 'order_ms'), enqueue_ms = num(c, 'enqueue_ms'), hold_until_ms = num(c, 'hold_ms'),
    node = c.f.node, customer_key = c.f.customer_key, priority = num(c, 'priority'), previous_state_ms = previous_ms,
    disposition = c.f.disposition, initial_contact = c.f.initial, previous_contact = c.f.previous,
    related_contact = c.f.related, spared_until_ms = cjson.decode(c.f.spared), talk_ms = num(c, 'talk_ms'),
    needs = c.f.needs ~= '[]' and cjson.decode(c.f.needs) or nil,
  })
end

-- `more`: the fields that only some of the events have.
local function offer_event(c, kind, state, more)
  local data = {
    offer = c.f.offer, contact = c.id, agent = c.f.agent, state = state, fence = num(c, 'fence'),
    channel = c.f.channel, queue = c.f.queue, node = c.f.node,
  }
  for name, value in pairs(more or {}) do data[name] = value end
  emit_of(c, kind, data)
end

-- The one place where a contact's state changes.
local function enter(c, state, reason)
  local previous = c.f.state
  if not TRANSITIONS[previous] or not TRANSITIONS[previous][state] then
    error('contact ' .. c.id .. ' cannot go from ' .. previous .. ' to ' .. state)
  end
  local previous_ms = now - num(c, 'state_ms')
  set(c, 'state', state)
  set(c, 'state_ms', now)
  set(c, 'reason', reason)
  contact_event(c, 'contact.' .. string.lower(state), previous, previous_ms)
end

local function terminal(c)
  local next_states = TRANSITIONS[c.f.state]
  return next(next_states) == nil
end

local function count(queue, name, by) redis.call('HINCRBY', P .. 'stats:' .. queue, name, string.format('%.0f', by)) end

-- Agents: live fields of the hash, and what the agent holds (contact -> "CHANNEL:stage"). ----------------------------
local LIVE = {'base', 'reason', 'next_base', 'next_reason', 'epoch', 'device', 'lease_ms', 'idle_ms', 'version', 'rona',
  'shown', 'shown_ms', 'capacity', 'units'}

local function agent(id)
  local values = redis.call('HMGET', P .. 'agent:' .. id, unpack(LIVE))
  if not values[1] then return nil end
  local map = {}
  for i, name in ipairs(LIVE) do map[name] = values[i] or '' end
  return {id = id, f = map, dirty = {}, held = fields(redis.call('HGETALL', P .. 'held:' .. id))}
end

local function presence(a)
  if a.f.base == 'OFFLINE' or a.f.base == 'DISCONNECTED' then return a.f.base end
  local wrapping = false
  for _, stage in pairs(a.held) do
    if not string.find(stage, ':wrap_up', 1, true) then return 'ON_CONTACT' end
    wrapping = true
  end
  return wrapping and 'AFTER_CONTACT_WORK' or a.f.base
end

local function ready(a) return a.f.base == 'AVAILABLE' and a.f.next_base == '' end

local function save_agent(a, reason)
  if next(a.held) == nil and a.f.next_base ~= '' then
    set(a, 'base', a.f.next_base)
    set(a, 'reason', a.f.next_reason)
    set(a, 'next_base', '')
    set(a, 'next_reason', '')
  end
  local shown, before = presence(a), a.f.shown
  local before_ms = now - num(a, 'shown_ms')
  if shown ~= before then
    set(a, 'shown', shown)
    set(a, 'shown_ms', now)
    if shown == 'AVAILABLE' then set(a, 'idle_ms', now) end
  end
  set(a, 'version', num(a, 'version') + 1)
  write(P .. 'agent:' .. a.id, a)
  emit('agent.state_changed', a.id, a.f.version, {
    -- While NOT_READY, the reason of that: desktops show it. Else the reason of the change.
    presence = shown, previous_presence = before, ready = ready(a),
    reason = shown == 'NOT_READY' and a.f.reason or reason or a.f.reason,
    held = a.held, idle_since_ms = num(a, 'idle_ms'), epoch = num(a, 'epoch'), device = a.f.device,
    previous_presence_ms = before_ms, since_ms = num(a, 'shown_ms'), next_presence = a.f.next_base,
  })
end

local function hold(a, c, stage)
  a.held[c.id] = c.f.channel .. ':' .. stage
  redis.call('HSET', P .. 'held:' .. a.id, c.id, a.held[c.id])
end

local function let_go(a, c)
  a.held[c.id] = nil
  redis.call('HDEL', P .. 'held:' .. a.id, c.id)
end

-- A voice contact takes the whole agent; text contacts leave room for others up to the channel's capacity, and one
-- unit for a call where the agent takes calls too: a backlog of chats never locks voice out.
local function has_room(a, channel)
  local same, all = 0, 0
  for _, stage in pairs(a.held) do
    if string.sub(stage, 1, 6) == 'VOICE:' then return false end
    if string.find(stage, channel .. ':', 1, true) == 1 then same = same + 1 end
    all = all + 1
  end
  local capacity, units = cjson.decode(a.f.capacity), num(a, 'units')
  if channel ~= 'VOICE' and units > 1 and (capacity.VOICE or 0) > 0 then units = units - 1 end
  return same < (capacity[channel] or 0) and (units == 0 or all < units)
end

-- Steps that several scripts take. -----------------------------------------------------------------------------------
local function free_agent(c, reason)
  if c.f.agent == '' then return end
  local a = agent(c.f.agent)
  if a and a.held[c.id] then
    let_go(a, c)
    save_agent(a, reason)
  end
end

local function close(c)
  redis.call('ZREM', P .. 'waiting:' .. c.f.queue, c.id)
  for _, kind in ipairs({'expiry:', 'connect:', 'handle:', 'wrap_up:'}) do disarm(kind .. c.id) end
  redis.call('ZREM', P .. 'live', c.id)
  if c.f.node ~= '' then redis.call('SREM', P .. 'node_contacts:' .. c.f.node, c.id) end
  if redis.call('GET', P .. 'external:' .. c.f.external) == c.id then
    redis.call('DEL', P .. 'external:' .. c.f.external)
  end
  save(c)
  redis.call('PEXPIRE', P .. 'contact:' .. c.id, KEEP_MS)
  if c.f.offer ~= '' then redis.call('PEXPIRE', P .. 'offer:' .. c.f.offer, KEEP_MS) end
end

local function end_offer(c, state, reason)
  local key = P .. 'offer:' .. c.f.offer
  disarm('offer:' .. c.f.offer)
  redis.call('HSET', key, 'state', state, 'reason', reason)
  redis.call('PEXPIRE', key, KEEP_MS)
  offer_event(c, 'offer.' .. string.lower(state), state, {reason = reason})
end

-- Back to the contact's original place: order_ms never changes while it lives. Who was served already waits anew.
local function back_to_queue(c, reason)
  disarm('connect:' .. c.id)
  disarm('handle:' .. c.id)
  if c.f.state == 'CONNECTED' or c.f.state == 'ON_HOLD' then
    set(c, 'talk_ms', num(c, 'talk_ms') + now - num(c, 'connected_ms'))
    set(c, 'expire_ms', now + queue_ms(c.f.queue, 'max_wait_ms'))
    redis.call('PEXPIRE', P .. 'offer:' .. c.f.offer, KEEP_MS)
  end
  set(c, 'agent', '')
  enter(c, 'QUEUED', reason)
  redis.call('ZADD', P .. 'waiting:' .. c.f.queue, c.f.order_ms, c.id)
  arm('expiry:' .. c.id, num(c, 'expire_ms'))
  save(c)
end

-- The agent is spared this contact for a while, twice as long each time, so that re-offers back off.
local function spare(c, agent_id)
  local until_ms, misses = cjson.decode(c.f.spared), cjson.decode(c.f.misses)
  misses[agent_id] = (misses[agent_id] or 0) + 1
  until_ms[agent_id] = now + math.min(60000, 5000 * 2 ^ (misses[agent_id] - 1))
  set(c, 'spared', cjson.encode(until_ms))
  set(c, 'misses', cjson.encode(misses))
end

-- An open offer ends without success: the contact returns, the agent is free again, and not ready after too many misses.
local function miss_offer(c, offer_state, reason, counts_as_rona)
  local a = agent(c.f.agent)
  spare(c, c.f.agent)
  end_offer(c, offer_state, reason)
  if a then
    let_go(a, c)
    if counts_as_rona then
      set(a, 'rona', num(a, 'rona') + 1)
      local limit = math.max(1, queue_ms(c.f.queue, 'rona_limit'))
      if num(a, 'rona') >= limit and a.f.base == 'AVAILABLE' then
        set(a, 'base', 'NOT_READY')
        set(a, 'reason', 'RONA')
        set(a, 'rona', 0)
      end
    end
    save_agent(a, reason)
  end
  back_to_queue(c, reason)
end

local function accept_offer(c)
  local key = P .. 'offer:' .. c.f.offer
  disarm('offer:' .. c.f.offer)
  redis.call('HSET', key, 'state', 'ACCEPTED')
  offer_event(c, 'offer.accepted', 'ACCEPTED')
  enter(c, 'ASSIGNED', 'ACCEPTED')
  arm('connect:' .. c.id, now + queue_ms(c.f.queue, 'connect_ms'))
  local a = agent(c.f.agent)
  set(a, 'rona', 0)
  hold(a, c, 'assigned')
  save_agent(a, 'ACCEPTED')
  save(c)
end

local function connect(c)
  disarm('connect:' .. c.id)
  enter(c, 'CONNECTED', 'BRIDGED')
  set(c, 'connected_ms', now)
  arm('handle:' .. c.id, now + queue_ms(c.f.queue, 'handle_ms'))
  if num(c, 'answered_ms') == 0 then
    set(c, 'answered_ms', now)
    local waited = now - num(c, 'enqueue_ms')
    count(c.f.queue, 'answered', 1)
    count(c.f.queue, 'answer_wait_ms', waited)
    if waited <= queue_ms(c.f.queue, 'target_ms') then count(c.f.queue, 'answered_in_target', 1) end
  end
  local a = agent(c.f.agent)
  hold(a, c, 'active')
  save_agent(a, 'BRIDGED')
  save(c)
end

local function complete(c, reason)
  disarm('wrap_up:' .. c.id)
  enter(c, 'COMPLETED', reason)
  free_agent(c, 'CONTACT_COMPLETED')
  close(c)
end

local function count_finished(c)
  count(c.f.queue, 'finished', 1)
  count(c.f.queue, 'talk_ms', num(c, 'talk_ms'))
end

-- The conversation is over: paperwork for the agent, or straight to the end where the queue grants none.
local function hang_up(c, reason, skip_wrap_up)
  disarm('handle:' .. c.id)
  set(c, 'talk_ms', num(c, 'talk_ms') + now - num(c, 'connected_ms'))
  count_finished(c)
  enter(c, 'WRAP_UP', reason)
  local paperwork = queue_ms(c.f.queue, 'wrap_up_ms')
  if skip_wrap_up or paperwork == 0 then return complete(c, reason) end
  arm('wrap_up:' .. c.id, now + paperwork)
  local a = agent(c.f.agent)
  hold(a, c, 'wrap_up')
  save_agent(a, reason)
  save(c)
end

-- The customer or the platform withdraws the contact while nobody serves it. Who was served before counts as
-- answered already, and not as lost too.
local function withdraw(c, state, reason)
  if c.f.state == 'OFFERING' then end_offer(c, 'RESCINDED', reason) end
  if c.f.state == 'ASSIGNED' then end_offer(c, 'FAILED', reason) end
  free_agent(c, reason)
  if num(c, 'answered_ms') > 0 then
    count_finished(c)
  else
    count(c.f.queue, state == 'ABANDONED' and 'abandoned' or 'withdrawn', 1)
  end
  enter(c, state, reason)
  close(c)
end

local function end_contact(c, caller_hung_up, reason)
  if c.f.state == 'CONNECTED' or c.f.state == 'ON_HOLD' then
    hang_up(c, reason, false)
  elseif c.f.state ~= 'WRAP_UP' then
    withdraw(c, caller_hung_up and 'ABANDONED' or 'CANCELLED', reason)
  end
end

-- The agent's desktop is gone (or signed off): offers return, text contacts go to somebody else, calls go on at the PBX.
local function leave_agent(a, base, reason)
  set(a, 'base', base)
  set(a, 'reason', reason)
  set(a, 'next_base', '')
  local returning = {}
  for id, stage in pairs(a.held) do
    local c = contact(id)
    local offered = string.find(stage, ':offered', 1, true)
    local text = string.sub(stage, 1, 6) ~= 'VOICE:' and not string.find(stage, ':wrap_up', 1, true)
    if c and (offered or text) then returning[#returning + 1] = c end
  end
  for _, c in ipairs(returning) do let_go(a, c) end
  save_agent(a, reason)
  for _, c in ipairs(returning) do
    if c.f.state == 'OFFERING' then end_offer(c, 'RESCINDED', reason) end
    if c.f.state == 'ASSIGNED' then end_offer(c, 'FAILED', reason) end
    back_to_queue(c, reason)
  end
end

-- Leases do not run while nobody can renew them: after an outage everybody gets the length of one lease to be heard.
local function forgiven_until() return tonumber(redis.call('GET', P .. 'forgiven_until') or '0') end

local function flat_contact(id) return redis.call('HGETALL', P .. 'contact:' .. id) end
