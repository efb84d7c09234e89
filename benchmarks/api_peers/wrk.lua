-- Requests of a file, one path a line, in order and again from its start.
-- What was measured is written as one line of JSON.
local requests, sent = {}, 0

function init(args)
   for path in io.lines(os.getenv("WRK_PATHS")) do
      requests[#requests + 1] = wrk.format("GET", path)
   end
end

function request()
   sent = sent + 1
   return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency, _)
   local failed = summary.errors
   io.write(string.format(
      '{"requests": %d, "seconds": %.6f, "bytes": %d, "p50_ms": %.3f, "p99_ms": %.3f, "errors": %d}\n',
      summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
      failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
