// From the colours that a picture's numbers mean, by an ICC profile, to those of sRGB.
#pragma once

#include <string>

#include "decoded.hpp"

namespace keras_gen::detail {

// Brings the values of a picture to sRGB by its profile, if it has one. What is returned says why a profile was left
// aside, and is empty otherwise: profiles of one curve for each channel and a matrix are applied, tables are not.
std::string bring_to_srgb(Decoded& decoded);

}  // namespace keras_gen::detail
