//! Items: a claim, an inquiry, an answer, with its ancestors, keys and place in the raw file.
