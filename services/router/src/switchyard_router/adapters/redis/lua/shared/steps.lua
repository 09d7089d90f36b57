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
  redis.call('ZREM', P .. 'timers', 'expiry:' .. c.id, 'connect:' .. c.id, 'handle:' .. c.id, 'wrap_up:' .. c.id)
  redis.call('ZREM', P .. 'live', c.id)
  settle(c, -1)
  if c.f.node ~= '' then redis.call('SREM', P .. 'node_contacts:' .. c.f.node, c.id) end
  if redis.call('GET', P .. 'external:' .. c.f.external) == c.id then
    redis.call('DEL', P .. 'external:' .. c.f.external)
    redis.call('SET', P .. 'ended:' .. c.f.external, c.id, 'PX', KEEP_MS)
  end
  save(c)
  redis.call('PEXPIRE', P .. 'contact:' .. c.id, KEEP_MS)
  if c.f.offer ~= '' then redis.call('PEXPIRE', P .. 'offer:' .. c.f.offer, KEEP_MS) end
end

local function end_offer(c, state, reason)
  local key = P .. 'offer:' .. c.f.offer
  disarm('offer:' .. c.f.offer)
  redis.call('HSET', key, 'state', state, 'reason', reason, 'end_ms', digits(now))
  redis.call('PEXPIRE', key, KEEP_MS)
  offer_event(c, 'offer.' .. string.lower(state), state, {reason = reason})
end

local function count_finished(c)
  count(c.f.queue, 'finished', 1)
  count(c.f.queue, 'talk_ms', num(c, 'talk_ms') - num(c, 'counted_ms'))
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

-- Nobody needs to be consulted any more: a colleague who has not joined yet is not asked on.
local function end_consult(c)
  if c.f.consult == '' then return end
  local other = contact(c.f.consult)
  set(c, 'consult', '')
  if other and (other.f.state == 'QUEUED' or other.f.state == 'OFFERING' or other.f.state == 'ASSIGNED') then
    withdraw(other, 'CANCELLED', 'CONSULT_OVER')
  end
end

-- Back to the contact's original place: base_ms stays while it lives. Who was served already waits anew.
local function back_to_queue(c, reason)
  disarm('connect:' .. c.id)
  disarm('handle:' .. c.id)
  if conversing(c) then
    end_consult(c)
    set(c, 'talk_ms', num(c, 'talk_ms') + now - num(c, 'connected_ms'))
    set(c, 'expire_ms', now + queue_ms(c.f.queue, 'max_wait_ms'))
    redis.call('PEXPIRE', P .. 'offer:' .. c.f.offer, KEEP_MS)
  end
  set(c, 'agent', '')
  enter(c, 'QUEUED', reason)
  line_up(c)
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

local function count_miss(a, limit)
  set(a, 'rona', num(a, 'rona') + 1)
  if num(a, 'rona') >= math.max(1, limit) and a.f.base == 'AVAILABLE' then
    set(a, 'base', 'NOT_READY')
    set(a, 'reason', 'RONA')
    set(a, 'rona', 0)
  end
end

-- An open offer ends without success: the contact returns, the agent is free again, and not ready after too many misses.
local function miss_offer(c, offer_state, reason, counts_as_rona)
  local a = agent(c.f.agent)
  spare(c, c.f.agent)
  end_offer(c, offer_state, reason)
  if a then
    let_go(a, c)
    if counts_as_rona then count_miss(a, queue_ms(c.f.queue, 'rona_limit')) end
    save_agent(a, reason)
  end
  back_to_queue(c, reason)
end

-- `a`: the agent if known already.
local function accept_offer(c, a)
  local key = P .. 'offer:' .. c.f.offer
  disarm('offer:' .. c.f.offer)
  redis.call('HSET', key, 'state', 'ACCEPTED', 'end_ms', digits(now))
  offer_event(c, 'offer.accepted', 'ACCEPTED')
  enter(c, 'ASSIGNED', 'ACCEPTED')
  arm('connect:' .. c.id, now + queue_ms(c.f.queue, 'connect_ms'))
  a = a or agent(c.f.agent)
  set(a, 'rona', 0)
  hold(a, c, 'assigned')
  save_agent(a, 'ACCEPTED')
  save(c)
end

local function connect(c)
  disarm('connect:' .. c.id)
  enter(c, 'CONNECTED', 'BRIDGED')
  set(c, 'connected_ms', now)
  -- Whoever was called back is on the line from now on.
  if c.f.callback ~= '' then set(c, 'callback', '') end
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

-- How long each agent handles what: the router's predictions start from it.
local function note_handled(c, talk_ms)
  local key, column = P .. 'handled:' .. c.f.agent, c.f.queue .. '|' .. c.f.channel
  redis.call('HINCRBY', key, column .. '|n', 1)
  redis.call('HINCRBY', key, column .. '|ms', digits(talk_ms))
end

-- The conversation is over: paperwork for the agent, or straight to the end where the queue grants none.
local function hang_up(c, reason, skip_wrap_up)
  disarm('handle:' .. c.id)
  local talk_ms = now - num(c, 'connected_ms')
  set(c, 'talk_ms', num(c, 'talk_ms') + talk_ms)
  note_handled(c, talk_ms)
  count_finished(c)
  end_consult(c)
  enter(c, 'WRAP_UP', reason)
  local paperwork = queue_ms(c.f.queue, 'wrap_up_ms')
  if skip_wrap_up or paperwork == 0 then return complete(c, reason) end
  arm('wrap_up:' .. c.id, now + paperwork)
  local a = agent(c.f.agent)
  hold(a, c, 'wrap_up')
  save_agent(a, reason)
  save(c)
end

local function end_contact(c, caller_hung_up, reason)
  if conversing(c) then
    hang_up(c, reason, false)
  elseif c.f.state ~= 'WRAP_UP' then
    withdraw(c, caller_hung_up and 'ABANDONED' or 'CANCELLED', reason)
  end
end

-- Nobody is on the line: the customer waits to be called back, and the platform node has nothing to lose.
local function off_line(c) return c.f.callback ~= '' and not conversing(c) and c.f.state ~= 'WRAP_UP' end

-- The customer who is called back did not answer: once more after a while, until it was tried often enough.
local function not_reached(c, reason)
  end_offer(c, 'FAILED', reason)
  free_agent(c, reason)
  set(c, 'attempts', num(c, 'attempts') + 1)
  local most = queue_ms(c.f.queue, 'callback_attempts')
  set(c, 'hold_ms', now + queue_ms(c.f.queue, 'callback_retry_ms'))
  set(c, 'expire_ms', math.max(num(c, 'expire_ms'), num(c, 'hold_ms') + queue_ms(c.f.queue, 'max_wait_ms')))
  back_to_queue(c, reason)
  if num(c, 'attempts') >= math.max(1, most) then withdraw(c, 'EXPIRED', 'CALLBACK_ATTEMPTS') end
end

-- The agent's desktop is gone (or signed off): offers return, text contacts go to somebody else, calls go on at the PBX.
local function leave_agent(a, base, reason)
  set(a, 'base', base)
  set(a, 'reason', reason)
  set(a, 'next_base', '')
  local returning = {}
  for id, stage in pairs(a.held) do
    local offered = string.find(stage, ':offered', 1, true)
    local text = not takes_all(stage) and not string.find(stage, ':wrap_up', 1, true)
    local c = (offered or text) and contact(id)
    if c then returning[#returning + 1] = c end
  end
  for _, c in ipairs(returning) do let_go(a, c) end
  save_agent(a, reason)
  for _, c in ipairs(returning) do
    if c.f.state == 'OFFERING' then end_offer(c, 'RESCINDED', reason) end
    if c.f.state == 'ASSIGNED' then end_offer(c, 'FAILED', reason) end
    back_to_queue(c, reason)
  end
end

-- Makes a contact and puts it in line. `given`: its fields; what is not given begins empty.
local function queue_up(id, given, age_ms, hold_ms, reason)
  local c = {id = id, f = {}, dirty = {}}
  for _, name in ipairs(CONTACT) do c.f[name] = '' end
  for name, value in pairs(given) do set(c, name, value) end
  for name, value in pairs({id = id, agent = '', offer = '', fence = 0, version = 0, spared = '{}', misses = '{}', create_ms = now,
    enqueue_ms = now, state_ms = now, base_ms = now - age_ms, hold_ms = now + hold_ms,
    expire_ms = now + queue_ms(given.queue, 'max_wait_ms')}) do
    set(c, name, value)
  end
  deal(c)
  enter_step(c, 0, first_delta(c))
  enter(c, 'QUEUED', reason)
  save(c)
  redis.call('SET', P .. 'external:' .. c.f.external, id)
  line_up(c)
  redis.call('ZADD', P .. 'live', digits(now), id)
  settle(c, 1)
  if c.f.node ~= '' then redis.call('SADD', P .. 'node_contacts:' .. c.f.node, id) end
  arm('expiry:' .. id, num(c, 'expire_ms'))
  count(c.f.queue, 'offered', 1)
  redis.call('HSETNX', P .. 'stats:' .. c.f.queue, 'since_ms', digits(now))
  return c
end
