// The flags of godwit-webhooks, and what follows from them before anything starts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/service/consumer.h"
#include "consumers/webhooks/endpoint_config.h"
#include "consumers/webhooks/projection.h"

namespace godwit::webhooks {

struct Settings {
  std::string endpoints_path = {};
  std::string config_key_path = {};

  // Made by projection(); the view takes them over.
  std::shared_ptr<EndpointBook> endpoints = std::make_shared<EndpointBook>();
  std::optional<std::vector<Configured>> file = {};
  std::optional<ConfigKey> key = {};
  OpenConfig open = {};

  void add(service::Flags& flags);
  // Reads the two files. The endpoints are read from the log later, unless a log in a file is folded: then
  // those of the file are all there are.
  Result<Webhooks> projection(const service::ConsumerFlags& flags);
};

}  // namespace godwit::webhooks
