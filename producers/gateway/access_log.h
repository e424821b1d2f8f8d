// AccessLog: the gateway's record of who called it (common/service/access_log.h), with a bound on those it
// turned back.
#pragma once

#include <string>

#include "common/service/access_log.h"
#include "producers/gateway/rate_limit.h"

namespace godwit::gateway {

using AccessLogStats = service::AccessLogStats;

struct AccessLogOptions {
  std::string source = "/gateways/gateway";  // of the events
  int pending_max = 10'000;                  // events without an acknowledgement; one more is dropped
  // Requests turned back at the gate and still recorded, per second: whoever has no token shall not be able
  // to fill the log.
  double turned_back_per_second_max = 10;
};

// Safe from every thread. Publisher and clock outlive it; acknowledgements may come later.
class AccessLog {
 public:
  AccessLog(stream::Publisher& publisher, const Clock& clock, const AccessLogOptions& options = {});

  // `turned_back`: at the gate, since it had no token or was too fast.
  void record(const service::Access& access, bool turned_back);
  AccessLogStats stats() const { return log_.stats(); }

 private:
  service::AccessLog log_;
  RateLimit turned_back_;
};

}  // namespace godwit::gateway
