// When each endpoint was first configured, kept in `<data>/webhooks/endpoints.db`: above the versions of the
// store, so that a rebuild owes no more than what was owed before.
#pragma once

#include <string>

#include "common/base/result.h"
#include "consumers/webhooks/endpoint.h"

namespace godwit::webhooks {

// Sets `active_from` of every endpoint that does not say it itself: `now` for a name never seen before, else
// when it was. Fatal when the file cannot be kept.
Status remember_first_seen(const std::string& data_directory, Timestamp now, Endpoints& endpoints);

}  // namespace godwit::webhooks
