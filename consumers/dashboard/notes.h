// Notes: which events a person should hear of, and in which words. Pure.
#pragma once

#include <optional>

#include "consumers/dashboard/projection.h"

namespace godwit::dashboard {

// nullopt for an event that tells nobody anything.
std::optional<Note> note_of(const event::Event& event);

// nullopt for an event that is none of a plan.
std::optional<PlanNews> plan_news(const event::Event& event);

}  // namespace godwit::dashboard
