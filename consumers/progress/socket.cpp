#include "consumers/progress/socket.h"

#include "common/http/websocket.h"
#include "common/json/writer.h"
#include "consumers/progress/outlets.h"

namespace godwit::progress {
namespace {

constexpr std::int64_t rate_max = 20;
constexpr std::size_t id_bytes_max = 128;

std::string message(std::string_view type, const std::string& id) {
  json::Writer out;
  out.begin_object().member("type", type).member("id", id).end_object();
  return out.take();
}

std::string refusal(const std::string& id, std::string_view why) {
  json::Writer out;
  out.begin_object().member("type", "error").member("id", id).member("message", why).end_object();
  return out.take();
}

}  // namespace

SocketSession::SocketSession(Hub& hub, std::function<std::string(const std::string&)> store_of,
                             Millis interval, std::function<void()> wake)
    : hub_(hub), store_of_(std::move(store_of)), interval_(interval), wake_(std::move(wake)) {}

void SocketSession::hear(const std::shared_ptr<http::LiveSink>& sink, std::string_view text) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  const bool broken = document.HasParseError() || !document.IsObject();
  const rapidjson::Value nothing{rapidjson::kObjectType};
  const json::Object in{broken ? nothing : document};
  const std::string type = in.text("type").value_or("");
  std::string answer;
  if (broken)
    answer = refusal("", "a message is a JSON object");
  else if (type == "subscribe")
    answer = subscribe(sink, in);
  else if (type == "unsubscribe")
    answer = unsubscribe(in);
  else if (type == "ping")
    answer = R"({"type":"pong"})";
  else
    answer = refusal(in.text("id").value_or(""), "type must be subscribe, unsubscribe or ping");
  sink->send({std::make_shared<const std::string>(http::websocket_frame(http::Opcode::text, answer))});
  wake_();
}

std::string SocketSession::subscribe(const std::shared_ptr<http::LiveSink>& sink, const json::Object& in) {
  const std::string id = in.text("id").value_or("");
  if (id.empty() || id.size() > id_bytes_max) return refusal("", "a subscription needs an id of its own");
  if (watches_.contains(id)) return refusal(id, "there is a subscription of this id");
  if (watches_.size() >= subscriptions_max) return refusal(id, "this connection has too many subscriptions");
  const std::int64_t rate = in.integer("max_rate").value_or(0);
  if (rate < 0 || rate > rate_max) return refusal(id, "max_rate must be from 1 to 20");
  Choice choice{in.text("task_id").value_or(""), in.text("plan").value_or(""),
                in.text("provider").value_or(""), in.text("status").value_or("")};
  std::optional<SeenPlaces> seen;
  if (const auto last = in.text("last_event_id"); last && !last->empty()) {
    seen = read_seen(*last);
    if (!seen) return refusal(id, "last_event_id is none of ours");
  }
  std::string store = choice.task_id.empty() ? "" : store_of_(choice.task_id);
  const Millis interval = rate == 0 ? interval_ : Millis{1000 / rate};
  watches_[id] = hub_.watch(std::move(choice), std::move(store), std::move(seen), interval,
                            std::make_shared<SocketOutlet>(sink, id));
  return message("subscribed", id);
}

std::string SocketSession::unsubscribe(const json::Object& in) {
  const std::string id = in.text("id").value_or("");
  const auto found = watches_.find(id);
  if (found == watches_.end()) return refusal(id, "there is no subscription of this id");
  hub_.forget(found->second);
  watches_.erase(found);
  return message("unsubscribed", id);
}

}  // namespace godwit::progress
