// Outlets of the hub: one for a stream of server-sent events, one for a subscription of a WebSocket.
#pragma once

#include <memory>
#include <string>

#include "consumers/progress/hub.h"

namespace godwit::progress {

class SseOutlet final : public Outlet {
 public:
  explicit SseOutlet(std::shared_ptr<http::LiveSink> sink) : sink_(std::move(sink)) {}

  bool tell(const std::vector<NewsPtr>& news, const std::string& id) override;
  void reset() override;
  void over() override { sink_->finish(); }
  std::size_t queued_bytes() const override { return sink_->queued_bytes(); }
  bool gone() const override { return sink_->closed(); }

 private:
  const std::shared_ptr<http::LiveSink> sink_;
};

// `name`: the client's word for the subscription, which comes with everything told of it.
class SocketOutlet final : public Outlet {
 public:
  SocketOutlet(std::shared_ptr<http::LiveSink> sink, const std::string& name);

  bool tell(const std::vector<NewsPtr>& news, const std::string& id) override;
  void reset() override;
  void over() override;
  std::size_t queued_bytes() const override { return sink_->queued_bytes(); }
  bool gone() const override { return sink_->closed(); }

 private:
  const std::shared_ptr<http::LiveSink> sink_;
  const std::string name_json_;
};

}  // namespace godwit::progress
