-- Deletes records that have expired, oldest first. KEYS as in append.lua; ARGV claim, now in ticks (8 bytes), greatest number.
local h = head_of(KEYS[1])
if h.claim ~= ARGV[1] then return { 'FENCED' } end
local now, room, deleted = ARGV[2], tonumber(ARGV[3]), 0
local limit = decimal(millis(now))
while room > deleted do
  local due = redis.call('ZRANGEBYSCORE', KEYS[8], '-inf', limit, 'LIMIT', 0, 1)
  local chunk = due[1]
  if not chunk then break end
  local ids, at = {}, 1
  while at <= #chunk do
    local length = struct.unpack('>I2', chunk, at)
    ids[#ids + 1] = string.sub(chunk, at + 2, at + 1 + length)
    at = at + 2 + length
  end
  local values = values_of(KEYS[3], ids)
  local gone, unlisted, counts, rest, earliest, seen = {}, {}, {}, '', nil, {}
  for i = 1, #ids do
    local record = values[i] and not seen[ids[i]] and parse(values[i])
    seen[ids[i]] = true
    if record and record.expires then
      if is_due(record.expires, now) and deleted < room then
        deleted = deleted + 1
        gone[#gone + 1] = ids[i]
        unlisted[#unlisted + 1] = record.code .. record.sort .. ids[i]
        counts[record.code] = (counts[record.code] or 0) + 1
      else
        rest = rest .. struct.pack('>I2', #ids[i]) .. ids[i]
        local instant = millis(record.expires)
        earliest = earliest and math.min(earliest, instant) or instant
      end
    end
  end
  redis.call('ZREM', KEYS[8], chunk)
  if earliest then put_chunk(KEYS[8], rest, earliest) end
  in_portions('HDEL', KEYS[3], gone)
  in_portions('ZREM', KEYS[5], unlisted)
  for code, count in pairs(counts) do
    if redis.call('HINCRBY', KEYS[7], number_of(code), -count) == 0 then redis.call('HDEL', KEYS[7], number_of(code)) end
  end
  -- What is left of this chunk is due within the same millisecond, but not yet: it would be found again for ever.
  if earliest and earliest <= tonumber(limit) and deleted < room then break end
end
return { 'OK', deleted }
