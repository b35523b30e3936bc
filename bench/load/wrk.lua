-- What wrk sends comes from the environment: a body would need quoting on the command line.
wrk.method = os.getenv("BENCH_METHOD")
wrk.body = os.getenv("BENCH_BODY")

done = function(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('RESULT {"requests":%d,"microseconds":%d,"failed":%d}\n', summary.requests, summary.duration, failed))
end
