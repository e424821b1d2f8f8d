// The body of each kind, for render.h alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "consumers/webhooks/kinds/notice.h"
#include "consumers/webhooks/kinds/options.h"

namespace godwit::webhooks::kinds {

std::string generic_body(const Options& options, const Notice& notice);
std::string slack_body(const Options& options, const Notice& notice, std::string_view delivery_id);
std::string discord_body(const Options& options, const Notice& notice, std::string_view delivery_id);
std::string teams_body(const Options& options, const Notice& notice, std::string_view delivery_id);
// Without routing_key, which make_message() puts in.
std::optional<std::string> pagerduty_body(const Options& options, const Notice& notice);
std::string email_body(const Options& options, const Notice& notice, std::string_view delivery_id);

}  // namespace godwit::webhooks::kinds
