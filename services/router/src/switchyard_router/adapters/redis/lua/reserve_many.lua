-- Args, for each reservation: contact, agent, offer id, decision id, decision event as JSON without waited_ms, the queue
-- it was decided in ('': any), the contacts it overtakes, joined by commas.
-- Reserves agent and contact together, or says what stands in the way. Each reservation is for itself: one that breaks
-- is told as STEP_FAILED and leaves the others alone.
local WIDTH = 7

-- Nobody waits for a preferred agent who is not signed in.
local function awaits_another(c, agent_id)
  if c.f.preferred == '' or c.f.preferred == agent_id or num(c, 'preferred_ms') <= now then return false end
  local preferred = agent(c.f.preferred)
  return preferred and preferred.f.base ~= 'OFFLINE' and preferred.f.base ~= 'DISCONNECTED'
end

local function in_the_way(c, a, agent_id, queue)
  if not c or terminal(c) then return 'CONTACT_OVER' end
  if c.f.state ~= 'QUEUED' then return 'CONTACT_TAKEN' end
  if queue ~= '' and queue ~= c.f.queue then return 'CONTACT_MOVED' end
  if num(c, 'hold_ms') > now then return 'CONTACT_HELD' end
  if c.f.spared ~= '{}' and (cjson.decode(c.f.spared)[agent_id] or 0) > now then return 'AGENT_SPARED' end
  if awaits_another(c, agent_id) then return 'AGENT_NOT_PREFERRED' end
  for _, excluded in ipairs(listed(c.f.excluded) or {}) do
    if excluded == agent_id then return 'AGENT_EXCLUDED' end
  end
  if not a or not ready(a) or num(a, 'lease_ms') <= now then return 'AGENT_NOT_AVAILABLE' end
  if not has_room(a, c.f.channel) then return 'AGENT_FULL' end
end

-- Others came earlier, need the same, and see this one served first.
local function overtake(ids)
  for id in string.gmatch(ids, '[^,]+') do
    local other = contact(id)
    if other and other.f.state == 'QUEUED' then
      set(other, 'overtaken', num(other, 'overtaken') + 1)
      stays(other, 'contact.overtaken')
      save(other)
    end
  end
end

local function reserve(contact_id, agent_id, offer, decision, decided_json, queue, overtaken)
  local c, a = contact(contact_id), agent(agent_id)
  local why = in_the_way(c, a, agent_id, queue)
  if why then return why, 0 end
  local decided = cjson.decode(decided_json)
  local expire_ms = now + queue_ms(c.f.queue, 'ring_ms')
  set(c, 'fence', rising(num(c, 'fence')))
  set(c, 'agent', a.id)
  set(c, 'offer', offer)
  if decided.arm and c.f.arm == '' then set(c, 'arm', decided.arm) end
  redis.call('ZREM', P .. 'waiting:' .. c.f.queue, c.id)
  disarm('expiry:' .. c.id)
  decided.waited_ms = now - num(c, 'enqueue_ms')
  emit_of(c, 'route.decided', decided)
  enter(c, 'OFFERING', 'RESERVED')
  redis.call('HSET', P .. 'offer:' .. offer, 'contact', c.id, 'agent', a.id, 'state', 'PENDING', 'fence', c.f.fence,
    'create_ms', digits(now), 'expire_ms', digits(expire_ms), 'decision', decision, 'channel', c.f.channel,
    'queue', c.f.queue)
  arm('offer:' .. offer, expire_ms)
  offer_event(c, 'offer.created', 'PENDING', {expire_ms = expire_ms, decision = decision})
  hold(a, c, 'offered')
  set(a, 'offered_ms', now)
  save_agent(a, 'OFFERED')
  save(c)
  overtake(overtaken)
  return 'OK', tonumber(a.f.version)
end

local results = {}
for i = 1, #A, WIDTH do
  local whole, code, version = pcall(reserve, unpack(A, i, i + WIDTH - 1))
  if whole then
    results[#results + 1] = {code, version}
  else
    -- A step that broke says why in place of a code.
    results[#results + 1] = {'STEP_FAILED', type(code) == 'table' and code.err or tostring(code)}
  end
end
return {'OK', results}
