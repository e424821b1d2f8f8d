// The words that every kind of message shares: title, text, link and short id, as an endpoint wants them.
#pragma once

#include <string>
#include <string_view>

#include "consumers/webhooks/kinds/notice.h"
#include "consumers/webhooks/kinds/options.h"

namespace godwit::webhooks::kinds {

inline constexpr std::string_view product = "Godwit";
inline constexpr std::string_view default_username = "Godwit Migration";

// The endpoint's template, or "VM Migration: <vm>"; one plain line.
std::string title_of(const Options& options, const Notice& notice);
// The endpoint's template, or what the event says, or the headline; plain.
std::string text_of(const Options& options, const Notice& notice);
// What a list of messages or a notification shows: "<headline>: <error or message>", one plain line.
std::string summary_of(const Notice& notice);
// To what it is about, with "{task_id}" of dashboard_url replaced; empty: no link.
std::string link_of(const Options& options, const Notice& notice);
// Enough of a delivery's id for a person to recognise the same one again.
std::string footer_of(std::string_view delivery_id);

}  // namespace godwit::webhooks::kinds
