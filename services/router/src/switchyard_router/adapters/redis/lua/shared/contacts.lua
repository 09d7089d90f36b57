-- Contacts: a table of the hash's fields; set() remembers what to write, save() writes it once. What only people are
-- shown (detail, context) and the number to call back stay where they are.
local CONTACT = {'state', 'state_ms', 'reason', 'queue', 'channel', 'language', 'agent', 'offer', 'fence', 'version',
  'order_ms', 'base_ms', 'enqueue_ms', 'create_ms', 'hold_ms', 'expire_ms', 'connected_ms', 'answered_ms', 'talk_ms',
  'counted_ms', 'node', 'external', 'customer', 'customer_key', 'priority', 'delta', 'plan', 'step', 'step_ms',
  'preferred', 'preferred_ms', 'excluded', 'overtaken', 'arm', 'arm_period_ms', 'attempts', 'sent_to', 'callback',
  'consult', 'visited', 'disposition', 'initial', 'previous', 'related', 'parent', 'spared', 'misses', 'needs'}

local function contact(id)
  local map = some_fields(P .. 'contact:' .. id, CONTACT)
  if map.state == '' then return nil end
  return {id = id, f = map, dirty = {}}
end

local function save(c) write(P .. 'contact:' .. c.id, c) end
local function flat_contact(id) return redis.call('HGETALL', P .. 'contact:' .. id) end
local function listed(text) return text ~= '' and text ~= '[]' and cjson.decode(text) or nil end
local function unless_empty(text) return text ~= '' and text or nil end

local function unless_zero(number) return number ~= 0 and number or nil end

-- Every event of a contact takes the next version: whoever reads the log sees a gap where one is missing.
local function emit_of(c, kind, data)
  set(c, 'version', num(c, 'version') + 1)
  emit(kind, c.id, c.f.version, data)
end

local function contact_event(c, kind, previous, previous_ms)
  local f = c.f
  emit_of(c, kind, {
    state = f.state, previous_state = previous, reason = f.reason, queue = f.queue, channel = f.channel,
    language = f.language, agent = f.agent, offer = f.offer, fence = num(c, 'fence'), order_ms = num(c, 'order_ms'),
    enqueue_ms = num(c, 'enqueue_ms'), hold_until_ms = num(c, 'hold_ms'), node = f.node,
    customer_key = f.customer_key, priority = num(c, 'priority'), previous_state_ms = previous_ms,
    disposition = f.disposition, initial_contact = f.initial, previous_contact = f.previous,
    related_contact = f.related, spared_until_ms = cjson.decode(f.spared), talk_ms = num(c, 'talk_ms'),
    step_ms = num(c, 'step_ms'), needs = listed(f.needs), excluded_agents = listed(f.excluded),
    -- Left out where there is nothing to say.
    step = unless_zero(num(c, 'step')), plan = unless_empty(f.plan), preferred_agent = unless_empty(f.preferred),
    preferred_until_ms = unless_zero(num(c, 'preferred_ms')), overtaken = unless_zero(num(c, 'overtaken')),
    arm = unless_empty(f.arm), arm_period_ms = unless_zero(num(c, 'arm_period_ms')),
    attempts = unless_zero(num(c, 'attempts')), sent_to = unless_empty(f.sent_to),
  })
end

-- Something else than the state changed.
local function stays(c, kind) contact_event(c, kind, c.f.state, now - num(c, 'state_ms')) end

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
  if not string.find(TRANSITIONS[previous] or '', ' ' .. state .. ' ', 1, true) then
    error('contact ' .. c.id .. ' cannot go from ' .. previous .. ' to ' .. state)
  end
  local previous_ms = now - num(c, 'state_ms')
  set(c, 'state', state)
  set(c, 'state_ms', now)
  set(c, 'reason', reason)
  contact_event(c, 'contact.' .. string.lower(state), previous, previous_ms)
end

local function terminal(c) return TRANSITIONS[c.f.state] == '' end
local function conversing(c) return c.f.state == 'CONNECTED' or c.f.state == 'ON_HOLD' end

-- Live contacts by queue and by plan of their own: neither is deleted while it has any.
local function settle(c, by)
  redis.call('HINCRBY', P .. 'residents', 'queue:' .. c.f.queue, by)
  if c.f.plan ~= '' then redis.call('HINCRBY', P .. 'residents', 'plan:' .. c.f.plan, by) end
end

-- The place in the line: since when it waits, and how much waiting its priority is worth.
local function place(c)
  local credit = queue_ms(c.f.queue, 'credit_ms')
  set(c, 'order_ms', num(c, 'base_ms') - (num(c, 'priority') + num(c, 'delta')) * credit)
end

local function line_up(c) redis.call('ZADD', P .. 'waiting:' .. c.f.queue, c.f.order_ms, c.id) end

-- Lots as in domain/arms.py, which must deal the same.
local function lot(text) return tonumber(string.sub(redis.sha1hex(text), 1, 13), 16) / 2 ^ 52 end

local function arm_at(seed, arms, period)
  local length, before, place = 0, 0, 0
  for _, each in ipairs(arms) do length = length + each.turns end
  local block = digits(math.floor(period / length))
  local own_place = period % length
  local own = lot(seed .. block .. '\0' .. digits(own_place))
  for other = 0, length - 1 do
    if lot(seed .. block .. '\0' .. digits(other)) < own then before = before + 1 end
  end
  for _, each in ipairs(arms) do
    place = place + each.turns
    if before < place then return each.name end
  end
end

local function arm_by_lot(place, arms)
  for _, each in ipairs(arms) do
    place = place - each.share
    if place < 0 then return each.name end
  end
  return arms[#arms].name
end

-- The arm of the queue's comparison that a contact enters with; it is counted there, whatever becomes of it.
local function deal(c)
  local known = redis.call('HMGET', P .. 'queue:' .. c.f.queue, 'arms', 'arm_period_ms')
  local arms = listed(known[1] or '')
  if not arms then
    set(c, 'arm', '')
    set(c, 'arm_period_ms', '')
    return
  end
  local names, period_ms = {}, tonumber(known[2])
  for i, each in ipairs(arms) do names[i] = each.name end
  set(c, 'arm_period_ms', period_ms)
  local seed = c.f.queue .. '\0' .. table.concat(names, ',') .. '\0'
  if period_ms > 0 then
    set(c, 'arm', arm_at(seed, arms, math.floor(now / period_ms)))
  else
    set(c, 'arm', arm_by_lot(lot(seed .. c.id), arms))
  end
end

-- Into another queue, step 0 of its plan. The figures of the one it leaves are closed.
local function change_queue(c, queue, plan)
  redis.call('ZREM', P .. 'waiting:' .. c.f.queue, c.id)
  settle(c, -1)
  if queue ~= c.f.queue then
    if num(c, 'answered_ms') > 0 then
      count(c.f.queue, 'finished', 1)
      count(c.f.queue, 'talk_ms', num(c, 'talk_ms') - num(c, 'counted_ms'))
      set(c, 'counted_ms', num(c, 'talk_ms'))
      set(c, 'answered_ms', 0)
    else
      count(c.f.queue, 'left', 1)
    end
    count(queue, 'offered', 1)
    redis.call('HSETNX', P .. 'stats:' .. queue, 'since_ms', digits(now))
  end
  local elsewhere = queue ~= c.f.queue
  set(c, 'queue', queue)
  set(c, 'plan', plan)
  if elsewhere then deal(c) end
  settle(c, 1)
end

-- What the first step of the plan in force adds to the priority.
local function first_delta(c)
  local plan = c.f.plan ~= '' and c.f.plan or redis.call('HGET', P .. 'queue:' .. c.f.queue, 'plan')
  if not plan or plan == '' then return 0 end
  return tonumber(redis.call('HGET', P .. 'plan:' .. plan, 'first_delta') or '0') or 0
end

local function enter_step(c, step, delta)
  set(c, 'step', step)
  set(c, 'step_ms', now)
  set(c, 'delta', delta)
  place(c)
end
