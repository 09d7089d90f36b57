-- Args: contact, agent, offer id, decision id, decision event as JSON without waited_ms.
-- Reserves agent and contact together, or says what stands in the way.
local c, a = contact(A[1]), agent(A[2])
if not c or terminal(c) then return {'CONTACT_OVER'} end
if c.f.state ~= 'QUEUED' then return {'CONTACT_TAKEN'} end
if num(c, 'hold_ms') > now then return {'CONTACT_HELD'} end
if (cjson.decode(c.f.spared)[A[2]] or 0) > now then return {'AGENT_SPARED'} end
if not a or not ready(a) or num(a, 'lease_ms') <= now then return {'AGENT_NOT_AVAILABLE'} end
if not has_room(a, c.f.channel) then return {'AGENT_FULL'} end

local expire_ms = now + queue_ms(c.f.queue, 'ring_ms')
set(c, 'fence', num(c, 'fence') + 1)
set(c, 'agent', a.id)
set(c, 'offer', A[3])
redis.call('ZREM', P .. 'waiting:' .. c.f.queue, c.id)
disarm('expiry:' .. c.id)
local decided = cjson.decode(A[5])
decided.waited_ms = now - num(c, 'enqueue_ms')
emit_of(c, 'route.decided', decided)
enter(c, 'OFFERING', 'RESERVED')
redis.call('HSET', P .. 'offer:' .. A[3], 'contact', c.id, 'agent', a.id, 'state', 'PENDING', 'fence', c.f.fence,
  'create_ms', string.format('%.0f', now), 'expire_ms', string.format('%.0f', expire_ms), 'decision', A[4],
  'channel', c.f.channel, 'queue', c.f.queue)
arm('offer:' .. A[3], expire_ms)
offer_event(c, 'offer.created', 'PENDING', {expire_ms = expire_ms, decision = A[4]})
hold(a, c, 'offered')
save_agent(a, 'OFFERED')
save(c)
return {'OK', a.f.version}
