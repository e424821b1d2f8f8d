// One WebSocket client: what it says, as JSON, becomes watches of the hub.
//   {"type":"subscribe","id":"a","task_id":...} or with "plan", "provider", "status"; optional
//   "last_event_id", "max_rate"; {"type":"unsubscribe","id":"a"}; {"type":"ping"}
// It is answered "subscribed", "unsubscribed", "pong" or "error", and told "progress", "removed", "reset" and
// "end", each with the id of the subscription; "bye" when the service stops.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/json/fields.h"
#include "consumers/progress/hub.h"

namespace godwit::progress {

// Used by the thread that serves the connection.
class SocketSession {
 public:
  static constexpr std::size_t subscriptions_max = 256;

  SocketSession(Hub& hub, std::function<std::string(const std::string& task_id)> store_of, Millis interval,
                std::function<void()> wake);

  void hear(const std::shared_ptr<http::LiveSink>& sink, std::string_view text);

 private:
  // What is answered, as JSON.
  std::string subscribe(const std::shared_ptr<http::LiveSink>& sink, const json::Object& in);
  std::string unsubscribe(const json::Object& in);

  Hub& hub_;
  const std::function<std::string(const std::string&)> store_of_;
  const Millis interval_;
  const std::function<void()> wake_;
  std::map<std::string, Hub::WatchId> watches_;
};

}  // namespace godwit::progress
