-- KEYS as in append.lua; ARGV my claim, my node, the claim I saw ('' if none).
local kinds = { 'hash', 'list', 'hash', 'zset', 'zset', 'hash', 'hash', 'zset' }
for i = 1, #KEYS do
  local kind = redis.call('TYPE', KEYS[i]).ok
  if kind ~= 'none' and kind ~= kinds[i] then return { 'FOREIGN', KEYS[i], kind } end
end
local h = head_of(KEYS[1])
if h.claim ~= ARGV[1] then
  if h.claim ~= ARGV[3] then return { 'HELD', h.node, h.claim } end
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  -- The epoch is for people: it rises, but only the claim is the fence.
  local epoch = math.max(tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0') + 1, now)
  redis.call('HSET', KEYS[1], 'node', ARGV[2], 'claim', ARGV[1], 'epoch', decimal(epoch), 'since', decimal(now))
end
return { 'OK', decimal(h.seq), h.tok, decimal(h.cut) }
