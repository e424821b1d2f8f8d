// What a store that cannot be read, and a record that was pruned, become over HTTP. Private to
// consumers/audit.
#pragma once

#include <fmt/format.h>

#include <string>

#include "common/base/log.h"
#include "common/cluster/list.h"
#include "common/http/response.h"
#include "common/projection/store.h"

namespace godwit::audit {

// What cannot be read is said, with the file's name; the rest is not passed off as the answer.
template <class Answer>
http::Response answer_or_503(Answer answer) {
  constexpr int retry_after_seconds = 5;
  try {
    return answer();
  } catch (const projection::StoreUnavailable& failure) {
    log_error("{}", failure.what());
    return http::unavailable(fmt::format("the audit cannot answer in full: {}", failure.what()),
                             retry_after_seconds);
  }
}

// In place of the rows of an event whose records were pruned. It comes after all that are there.
cluster::Row pruned_row();
bool is_pruned(const cluster::Row& row);
// When there is nothing else.
bool is_pruned(const cluster::Page& page);
http::Response pruned_response(const std::string& event_id);

}  // namespace godwit::audit
