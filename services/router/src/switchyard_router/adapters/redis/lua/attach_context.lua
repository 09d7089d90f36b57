-- Args: id, context (encoded ContactContext), customer, customer key, language ('' keeps the contact's).
-- Also ends the wait for context; a contact that is over keeps none.
local c = contact(A[1])
if not c or terminal(c) then return {'CONTACT_OVER'} end
set(c, 'context', A[2])
set(c, 'customer', A[3])
set(c, 'customer_key', A[4])
if A[5] ~= '' and c.f.language == '' then set(c, 'language', A[5]) end
if c.f.callback == '' then set(c, 'hold_ms', 0) end
contact_event(c, 'contact.context_attached', c.f.state, now - num(c, 'state_ms'))
save(c)
return {'OK'}
