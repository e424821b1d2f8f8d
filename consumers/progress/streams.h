// Live streams of tasks: server-sent events of one task or of many, and the same over a WebSocket.
#pragma once

#include <atomic>

#include "common/http/router.h"
#include "common/service/view.h"
#include "consumers/progress/feeder.h"
#include "consumers/progress/hub.h"
#include "consumers/progress/settings.h"

namespace godwit::progress {

// start() and stop() as of a view; the rest is safe from every thread.
class Streams {
 public:
  Streams(const service::ViewContext& context, const Settings& settings, Show show);

  // GET /api/v1/stream/{task_id}, /api/v1/stream, /api/v1/ws, /api/v1/progress/changes
  void routes(http::Router& router);
  void start() { feeder_.start(); }
  void stop() { feeder_.stop(); }
  void changed() { feeder_.wake(); }
  std::size_t watches() const { return hub_.count(); }

 private:
  http::Response one(const http::Request& request);
  http::Response many(const http::Request& request);
  http::Response socket(const http::Request& request);
  http::Response known(const http::Request& request, const std::string& task_id,
                       const std::optional<SeenPlaces>& seen) const;
  http::Response live(Choice choice, std::string store, std::optional<SeenPlaces> seen, Millis interval,
                      bool reset);
  std::string store_of(const std::string& task_id) const;

  const service::ViewContext& context_;
  const Settings settings_;
  Hub hub_;
  Feeder feeder_;
};

}  // namespace godwit::progress
