// The progress view: tasks and plans as JSON, and live streams of them.
#pragma once

#include <string>

#include "common/cluster/gather.h"
#include "common/service/view.h"
#include "consumers/progress/plans.h"
#include "consumers/progress/projection.h"
#include "consumers/progress/settings.h"
#include "consumers/progress/streams.h"
#include "consumers/progress/task_list.h"

namespace godwit::progress {

class ProgressView final : public service::View {
 public:
  ProgressView(const service::ViewContext& context, const Settings& settings);

  // GET /api/v1/progress, /api/v1/progress/{task_id}, /api/v1/progress/{task_id}/timeline, /api/v1/plans,
  // /api/v1/plans/{plan_id}, and the streams
  void routes(http::Router& router) override;
  void changed(const std::string&, const projection::Touched&) override { streams_.changed(); }
  void start() override { streams_.start(); }
  void stop() override { streams_.stop(); }
  void append_metrics(metrics::Exposition& page) override;

 private:
  http::Response list(const http::Request& request) const;
  // `show`: what is told of the task.
  http::Response get(const http::Request& request, const ShowTask& show) const;
  http::Response plans(const http::Request& request) const;
  http::Response plan(const http::Request& request) const;
  http::Response answer_plans(
      const http::Request& request, const PlanQuestion& question,
      const std::function<http::Response(const PlanShares&, const cluster::Coverage&)>& compose) const;
  std::string shown(const std::string& task_id, const Task& task) const;
  std::int64_t stalled_before_ms() const;
  bool stalled(const Task& task) const;

  service::ViewContext context_;
  Settings settings_;
  Weights weights_;
  Streams streams_;
};

}  // namespace godwit::progress
