-- Args: contact, number, not before in ms (0: at once), 1 to keep the place.
-- The customer may hang up: neither that nor the loss of the node ends a contact that is off the line.
local c = contact(A[1])
if not c then return {'CONTACT_UNKNOWN'} end
if terminal(c) then return {'CONTACT_GONE'} end
if not WHOLE[c.f.channel] then return {'NOT_A_CALL'} end
if c.f.state ~= 'QUEUED' then return {'WRONG_STATE', c.f.state} end
set(c, 'callback', '1')
set(c, 'number', A[2])
set(c, 'hold_ms', math.max(num(c, 'hold_ms'), tonumber(A[3])))
if A[4] ~= '1' then
  set(c, 'base_ms', now)
  place(c)
  line_up(c)
end
set(c, 'expire_ms', math.max(now, num(c, 'hold_ms')) + queue_ms(c.f.queue, 'max_wait_ms'))
arm('expiry:' .. c.id, num(c, 'expire_ms'))
stays(c, 'contact.callback_requested')
save(c)
remember(c.id)
return {'OK', flat_contact(c.id)}
