// Events as the tests of this folder write them.
#pragma once

#include <string>

#include "common/event/event.h"
#include "consumers/webhooks/endpoint.h"

namespace godwit::webhooks::test {

inline const Timestamp noon = from_unix_ms(1'795'262'400'000);  // 2026-11-21T12:00:00Z

inline event::Event make_event(event::Type type, const std::string& id,
                               const std::string& task_id = "mig-1") {
  event::Event out;
  out.id = id;
  out.source = "/workers/w1";
  out.subject = task_id;
  out.type = type;
  out.type_name = event::full_type(type);
  out.time = noon;
  out.data.vm_name = "erp-db-01";
  out.data.provider = "vsphere";
  out.data.attempt = 1;
  if (type == event::Type::task_completed) out.data.duration_ms = 900'000;
  if (type == event::Type::warning_raised) out.data.message = "the guest has no tools";
  if (type == event::Type::task_failed) {
    event::Failure failure;
    failure.code = "no_space";
    failure.message = "the target is full";
    out.data.error = failure;
  }
  return out;
}

inline Endpoint make_endpoint(const std::string& name, const std::string& url = "https://hooks.example/x",
                              Kind kind = Kind::generic) {
  Endpoint out;
  out.name = name;
  out.kind = kind;
  out.url = url;
  out.on_start = out.on_complete = out.on_error = out.on_warning = true;
  out.allow_private = true;
  return out;
}

}  // namespace godwit::webhooks::test
