-- Args: contact, 1 when the caller hung up, reason.
local c = contact(A[1])
if not c then return {'CONTACT_UNKNOWN'} end
if terminal(c) then return {'CONTACT_GONE'} end
if c.f.state == 'WRAP_UP' then return {'WRONG_STATE', c.f.state} end
end_contact(c, A[2] == '1', A[3])
remember(c.id)
return {'OK', flat_contact(c.id)}
