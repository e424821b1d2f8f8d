#include "consumers/webhooks/settings.h"

#include <fmt/format.h>

#include "common/kafka/log_reader.h"

namespace godwit::webhooks {
namespace {

constexpr Millis open_timeout{5'000};

class KafkaConfig final : public ConfigReader {
 public:
  explicit KafkaConfig(std::unique_ptr<kafka::LogReader> reader) : reader_(std::move(reader)) {}
  Result<stream::Batch> poll(const stream::PollLimits& limits) override { return reader_->poll(limits); }
  bool at_end() const override { return reader_->at_end(); }

 private:
  std::unique_ptr<kafka::LogReader> reader_;
};

}  // namespace

void Settings::add(service::Flags& flags) {
  flags.text("endpoints", endpoints_path,
             "YAML file of endpoints, applied to those in godwit.config at the start and on SIGHUP");
  flags.text(
      "config-key", config_key_path,
      "File with the base64 of 32 bytes, by which secrets in godwit.config are sealed: the same for all "
      "instances; default: one made in the data directory");
}

Result<Webhooks> Settings::projection(const service::ConsumerFlags& flags) {
  if (!endpoints_path.empty()) {
    auto read = read_endpoints_file(endpoints_path);
    if (!read) return invalid_error("--endpoints " + read.error().message);
    file = std::move(*read);
  }
  const bool own_key = config_key_path.empty();
  auto read = own_key ? ConfigKey::read_or_make(fmt::format("{}/{}/config.key", flags.data, Webhooks::name))
                      : ConfigKey::read(config_key_path);
  if (!read) return invalid_error((own_key ? "" : "--config-key: ") + read.error().message);
  key = std::move(*read);
  if (!flags.from.empty()) {
    Endpoints all;
    for (const Configured& each : file.value_or(std::vector<Configured>{})) all.push_back(each.endpoint);
    endpoints->set(std::move(all));
    return Webhooks{endpoints};
  }
  endpoints = std::make_shared<EndpointBook>(EndpointBook::NotRead{});
  open = [client = flags.kafka.client]() -> Result<std::unique_ptr<ConfigReader>> {
    auto reader =
        kafka::LogReader::open(client, {std::string{config_topic}}, kafka::FromBeginning{}, open_timeout);
    if (!reader) return reader.error();
    return std::unique_ptr<ConfigReader>{std::make_unique<KafkaConfig>(std::move(*reader))};
  };
  return Webhooks{endpoints};
}

}  // namespace godwit::webhooks
