// RebuildService: the rebuild of a running consumer: its thread, its progress over HTTP, in the metrics and
// on the terminal.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/http/router.h"
#include "common/kafka/client.h"
#include "common/metrics/exposition.h"
#include "common/projection/rebuild.h"

namespace godwit::service {

// {"running":bool,"partitions":[{"store","state","reason"?,"position","end"}],"events","events_per_second",
// "eta_seconds"}
std::string rebuild_json(const projection::RebuildSnapshot& snapshot);
// "rebuilding 3 of 12: 1200000 events, 40000/s, 35 s left"
std::string rebuild_line(const projection::RebuildSnapshot& snapshot);

struct RebuildServiceOptions {
  projection::RebuildOptions rebuild = {};
  kafka::ClientOptions client = {};
  std::set<std::string> expiring_topics = {};
  Millis idle_look{200};      // how often it is looked whether there is something to rebuild
  Millis tell_log{5'000};     // a line in the log
  Millis tell_terminal{500};  // the line redrawn when standard error is a terminal
};

class RebuildService {
 public:
  // `stores` and `live` must outlive it.
  RebuildService(const RebuildServiceOptions& options, projection::StoreFactory& stores,
                 std::vector<projection::Runner*> live, const Clock& clock);
  ~RebuildService();
  RebuildService(const RebuildService&) = delete;
  RebuildService& operator=(const RebuildService&) = delete;

  // GET and POST /api/v1/rebuild.
  void routes(http::Router& router);
  // godwit_rebuild_running, godwit_rebuild_events_total, godwit_rebuild_lag_records.
  void append_metrics(metrics::Exposition& page) const;
  std::string json() const { return rebuild_json(rebuild_.snapshot()); }

  // Begins to look; with `everything` also to rebuild whatever is assigned. stop() may be called again.
  void start(bool everything);
  void stop();

 private:
  void run(const std::stop_token& stop);
  void tell(bool last);

  RebuildServiceOptions options_;
  const Clock& clock_;
  projection::Rebuild rebuild_;
  bool on_terminal_;
  Timestamp told_at_{};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool asked_ = false;
  std::jthread thread_;
};

}  // namespace godwit::service
