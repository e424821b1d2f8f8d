#include "common/service/peering.h"

#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "common/http/client.h"
#include "common/http/encoding.h"
#include "common/http/parameters.h"
#include "common/kafka/log_reader.h"

namespace godwit::service {
namespace {

constexpr Millis open_timeout{1'000};
constexpr Millis topic_open_timeout{5'000};
constexpr Millis topic_silence_max{10'000};

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

}  // namespace

cluster::OpenPeers open_peers(const kafka::ClientOptions& client, const Clock& clock) {
  return [client, &clock](Millis back) -> Result<cluster::ReadPeers> {
    auto reader = kafka::LogReader::open(client, {cluster::peers_topic}, kafka::FromTime{clock.now() - back},
                                         open_timeout);
    if (!reader) return reader.error();
    return cluster::ReadPeers{[shared = std::shared_ptr<kafka::LogReader>{std::move(*reader)}](
                                  const stream::PollLimits& limits) { return shared->poll(limits); }};
  };
}

ReadTopic read_topic(const kafka::ClientOptions& client) {
  return [client](const std::string& topic, std::optional<std::int64_t> newest,
                  const std::function<void(const stream::Record&)>& visit) -> Status {
    const kafka::StartAt start =
        newest ? kafka::StartAt{kafka::FromOffset{-*newest}} : kafka::FromBeginning{};
    auto reader = kafka::LogReader::open(client, {topic}, start, topic_open_timeout);
    if (!reader) return reader.error();
    auto silent_since = std::chrono::steady_clock::now();
    while (!(*reader)->at_end()) {
      const auto batch = (*reader)->poll({});
      if (!batch) return batch.error();
      for (const stream::Record& record : batch->records) visit(record);
      const auto now = std::chrono::steady_clock::now();
      if (!batch->empty()) silent_since = now;
      if (now - silent_since > topic_silence_max)
        return transient_error(fmt::format("the end of {} is not reached", topic));
    }
    return Done{};
  };
}

Status check_advertise(const std::string& advertise) {
  if (advertise.empty()) return Done{};
  const bool web = advertise.starts_with("http://") || advertise.starts_with("https://");
  if (web && http::equal_ignoring_case(http::origin_of(advertise), advertise)) return Done{};
  return invalid_error("--advertise must be http://HOST:PORT or https://HOST:PORT, without a path");
}

std::string advertised_url(const std::string& advertise, const std::string& listen_address) {
  if (!advertise.empty()) return advertise;
  const std::size_t colon = listen_address.rfind(':');
  const std::string host = listen_address.substr(0, colon);
  const bool everywhere = host == "0.0.0.0" || host == "[::]";
  return "http://" + (everywhere ? host_name() : host) + listen_address.substr(colon);
}

void append_peers(metrics::Exposition& page, const cluster::Membership& membership) {
  page.family("godwit_peers", metrics::Kind::gauge, "Other instances of this group heard of lately");
  page.sample({}, std::uint64_t{membership.heard_count()});
  page.family("godwit_peers_rubbish_total", metrics::Kind::counter,
              "Records on the topic of peers that are no word of an instance");
  page.sample({}, membership.rubbish_total());
}

void add_cluster(http::Router& router, const cluster::Membership& membership) {
  router.get("/api/v1/cluster", [&membership](const http::Request& request) {
    if (auto unknown = http::unknown_parameter(request, {})) return http::bad_parameter(*unknown);
    return http::json_response(membership.overview_json());
  });
}

}  // namespace godwit::service
