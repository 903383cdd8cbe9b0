-- KEYS[1] the head; ARGV the claim.
if redis.call('HGET', KEYS[1], 'claim') == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'node', 'claim', 'since')
end
return { 'OK' }
