// The progress view: tasks as JSON, one or many, and a live stream of one.
#pragma once

#include <optional>
#include <string>

#include "common/service/consumer.h"
#include "common/service/view.h"
#include "consumers/progress/projection.h"
#include "consumers/progress/watchers.h"

namespace godwit::progress {

struct Settings {
  std::int64_t stall_after_seconds = 300;
  Millis heartbeat{15'000};
  Millis stream_interval_min{200};  // at most this often is a stream told of its task

  void add(service::Flags& flags) {
    flags.integer("stall-after", stall_after_seconds, 1, 86'400 * 30,
                  "Seconds without an event after which a running task is called stalled");
  }
  Result<Progress> projection() const { return Progress{}; }
};

class ProgressView final : public service::View {
 public:
  ProgressView(const service::ViewContext& context, const Settings& settings)
      : context_(context), settings_(settings) {}

  // GET /api/v1/progress, /api/v1/progress/{task_id}, /api/v1/stream/{task_id}
  void routes(http::Router& router) override;
  void changed(const std::string& store, const projection::Touched& touched) override {
    watchers_.tell(touched);
    (void)store;
  }

 private:
  http::Response list(const http::Request& request) const;
  http::Response get(const http::Request& request) const;
  http::Response stream(const http::Request& request);
  void run_stream(http::StreamWriter& out, const std::string& task_id, std::string last_id);
  http::Response begin_stream(const http::Request& request, const sqlite::Readers& files);
  bool stalled(const Task& task) const;

  service::ViewContext context_;
  Settings settings_;
  Watchers watchers_;
};

}  // namespace godwit::progress
