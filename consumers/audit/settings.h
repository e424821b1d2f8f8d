// What godwit-audit can be told beyond the flags of every consumer.
#pragma once

#include <string>

#include "common/service/flags.h"
#include "consumers/audit/projection.h"

namespace godwit::audit {

struct Settings {
  std::string access_events = "on";

  void add(service::Flags& flags) {
    flags.choice("access-events", access_events, {"on", "off"},
                 "Emit an audit.api_access event for each question to the audit");
  }
  Result<Audit> projection() const { return Audit{}; }
};

}  // namespace godwit::audit
