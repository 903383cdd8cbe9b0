-- Makes a store or says what is there: KEYS[1] the store's own hash; ARGV format, shard count (0 accepts what is there), id for a new one.
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'hash' then return { 'FOREIGN', kind } end
if kind == 'none' then
  if ARGV[2] == '0' then return { 'MISSING' } end
  redis.call('HSET', KEYS[1], 'format', ARGV[1], 'shards', ARGV[2], 'id', ARGV[3])
end
local h = redis.call('HMGET', KEYS[1], 'format', 'shards', 'id')
if not h[1] or not h[2] or not h[3] then return { 'FOREIGN', 'hash' } end
return { 'OK', h[1], h[2], h[3] }
