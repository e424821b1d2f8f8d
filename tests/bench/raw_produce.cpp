#include "tests/bench/raw_produce.h"

#include <librdkafka/rdkafka.h>

#include <array>

#include "common/kafka/client.h"

namespace godwit::bench {
namespace {

constexpr int patience_ms = 120'000;
constexpr const char* topic = "migrations.lifecycle";

}  // namespace

Measured raw_produce(int events, const Properties& properties,
                     const std::function<std::string_view()>& value) {
  auto conf =
      kafka::make_conf({.client_id = "raw", .properties = properties}, {{"enable.idempotence", "true"},
                                                                        {"partitioner", "murmur2_random"},
                                                                        {"linger.ms", "5"},
                                                                        {"compression.type", "lz4"}});
  GODWIT_CHECK(conf.ok(), "{}", conf.error().message);
  auto client = kafka::make_client(kafka::ClientKind::producer, std::move(*conf));
  GODWIT_CHECK(client.ok(), "{}", client.error().message);
  rd_kafka_t* const producer = client->get();
  std::jthread poller{[producer](const std::stop_token& stop) {
    while (!stop.stop_requested()) rd_kafka_poll(producer, 10);
  }};
  const std::string key = "0199c3d2-5a1b-7c3e-9f00-2b6a1c9d8e00";
  const auto produce = [&](std::string_view bytes) {
    std::array<rd_kafka_vu_t, 4> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic;
    parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[1].u.i = RD_KAFKA_MSG_F_COPY;
    parts[2].vtype = RD_KAFKA_VTYPE_KEY;
    parts[2].u.mem = {const_cast<char*>(key.data()), key.size()};
    parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[3].u.mem = {const_cast<char*>(bytes.data()), bytes.size()};
    rd_kafka_error_t* const refused = rd_kafka_produceva(producer, parts.data(), parts.size());
    if (refused != nullptr) rd_kafka_error_destroy(refused);
    return refused == nullptr;
  };
  const auto call = [&](int) {
    const std::string_view bytes = value();
    while (!produce(bytes)) std::this_thread::yield();
  };
  return measure(events, 1, 1, call, [&] { rd_kafka_flush(producer, patience_ms); });
}

}  // namespace godwit::bench
