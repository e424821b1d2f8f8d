// The outbox as a fold: which deliveries the log owes to which endpoint, and how each ended. A delivery is
// owed from the event that caused it until a delivery.succeeded or delivery.exhausted event of the same log
// says otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/event.h"
#include "common/projection/projection.h"
#include "common/projection/task_life.h"
#include "consumers/webhooks/endpoint_book.h"

namespace godwit::webhooks {

// One message owed to one endpoint. `id` and `body` are the same on every try and after every rebuild.
struct Delivery {
  std::string id;
  std::string endpoint;
  Kind kind = Kind::generic;
  std::string subject;  // of the event; its outcomes carry the same, so that they reach the same partition
  std::string event_source = {}, event_id = {}, event_type = {};
  Timestamp event_time{};
  std::string vm_name = {}, provider = {};
  std::string body;

  bool operator==(const Delivery&) const = default;
};

// How far a delivery has come; a later one outranks an earlier one, in whatever order they are folded.
enum class Standing { trying, exhausted, succeeded };

// What one delivery.* event says.
struct Outcome {
  std::string delivery_id;
  std::string endpoint;
  Standing standing = Standing::trying;
  std::int64_t try_number = 1;
  std::optional<std::int64_t> status_code = {};
  std::optional<std::string> error = {};
  std::optional<Timestamp> next_try_at = {};
  Timestamp at{};

  bool operator==(const Outcome&) const = default;
};

struct Webhooks {
  using State =
      projection::TaskLife;  // so that a duplicate, a second end or an old attempt tells nobody anything
  struct Outputs {
    std::vector<Delivery> deliveries;
    std::optional<Outcome> outcome;
  };

  static constexpr std::string_view name = "webhooks";
  static constexpr int version = 2;

  // The configuration is an input of the fold.
  std::shared_ptr<const EndpointBook> endpoints = std::make_shared<const EndpointBook>();

  std::string key(const event::Event& event) const;
  void step(State& life, const event::Event& event, Outputs& out) const;
};

}  // namespace godwit::webhooks
