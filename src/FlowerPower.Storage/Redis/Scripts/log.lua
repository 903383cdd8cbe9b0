-- A page of the log and the head it belongs to. KEYS head, log; ARGV sequence number to read after, greatest number of entries.
local h = head_of(KEYS[1])
local from = math.max(tonumber(ARGV[1]) - h.cut, 0)
return {
  decimal(h.seq), h.tok, decimal(h.cut),
  redis.call('LRANGE', KEYS[2], decimal(from), decimal(from + tonumber(ARGV[2]) - 1)),
}
