export { hashOrder } from "backplane";
