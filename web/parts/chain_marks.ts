/** Marks of the transmission chain. While the camera moves a large chain, contacts wait, and nothing is drawn for the pointer to find. */
import type Sigma from "sigma";
import { NodePointProgram, type NodeProgramType } from "sigma/rendering";
import type { RenderParams } from "sigma/types";

export interface Motion { waits: boolean }

/** Is the camera on its way, by a drag, the wheel or an animation? */
export function isMoving(sigma: Sigma): boolean {
  const pointer = sigma.getMouseCaptor();
  return sigma.getCamera().isAnimated() || pointer.isMoving || pointer.draggedEvents > 0 || pointer.currentWheelDirection !== 0;
}

/** The programs of cases and contacts that heed `motion`. */
export function markPrograms(motion: Motion): { case: NodeProgramType; contact: NodeProgramType } {
  class CaseMarks extends NodePointProgram {
    override render(params: RenderParams): void {
      const found = this.pickProgram;
      if (motion.waits) this.pickProgram = null;
      super.render(params);
      this.pickProgram = found;
    }
  }
  class ContactMarks extends CaseMarks {
    override render(params: RenderParams): void {
      if (!motion.waits) super.render(params);
    }
  }
  return { case: CaseMarks as NodeProgramType, contact: ContactMarks as NodeProgramType };
}
